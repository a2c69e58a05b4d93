//! A small file system in memory, to be full when a test wants it so. Mounting it needs root.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Mounted until the value goes away.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    pub fn mount(at: &Path, kib: u32) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        Self::call(at, &format!("size={kib}k")).then(|| Self(at.to_owned()))
    }

    pub fn grow(&self, kib: u32) {
        assert!(Self::call(&self.0, &format!("remount,size={kib}k")));
    }

    /// What is left, MiB.
    pub fn free_mib(&self) -> u64 {
        let found = rustix::fs::statvfs(&self.0).unwrap();
        (found.f_bavail * found.f_frsize) >> 20
    }

    /// Takes all but so many MiB.
    pub fn leave_mib(&self, mib: u64) {
        let mut filler = fs::File::create(self.0.join("filler")).unwrap();
        while self.free_mib() > mib {
            filler.write_all(&vec![0; 1 << 19]).unwrap();
        }
    }

    /// Takes every byte that is left.
    pub fn fill(&self) {
        let mut filler = fs::File::create(self.0.join("filler")).unwrap();
        for size in [65_536, 4_096, 512, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
    }

    pub fn make_room(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }

    fn call(at: &Path, options: &str) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}
