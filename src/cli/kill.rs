//! The verb `kill`: the stop button.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{CliError, Common, Exit, Outcome, emit, operate};
use crate::control::protocol::{self, Request};
use crate::runtime::access::Access;
use crate::runtime::error::RunError;
use crate::runtime::sweep::{Remains, sweep};

/// Longest wait of the command for the cancels; the bot goes on by itself.
const WAIT: Duration = Duration::from_secs(15);
/// How long `--direct` tries.
const DIRECT_SECS: u64 = 60;

/// Flags of `kill`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Why; the journal keeps it.
    #[arg(long, required_unless_present = "direct", default_value = "")]
    reason: String,
    /// Without the running bot: cancel every open order of the account at the venue, with nothing but
    /// the key and the network.
    #[arg(long)]
    direct: bool,
    /// How many seconds --direct tries.
    #[arg(long, requires = "direct", default_value_t = DIRECT_SECS, value_name = "SECONDS")]
    patience: u64,
    /// Return at once instead of waiting for the venue to report no open order.
    #[arg(long)]
    no_wait: bool,
}

/// Nothing leaves any more, what rests is cancelled, and it stays so over restarts until
/// `resume --release-kill`. Positions stay: `flatten` is a command of its own.
///
/// # Errors
/// [`CliError`]: 1 if no bot runs or something is still open.
pub fn run(args: Args, common: &Common) -> Outcome {
    if args.direct {
        return direct(common, Duration::from_secs(args.patience));
    }
    let request = Request::Kill { reason: args.reason };
    let mut reply = operate::request(common, &request, Duration::from_secs(10))?;
    if args.no_wait || reply.outcome != protocol::Outcome::Done {
        return operate::show(&reply, common.json);
    }
    eprintln_plain(&reply.message);
    let swept = wait_for_sweep(common)?;
    let clear = swept["clear"].as_bool().unwrap_or(false);
    let open = swept["open_orders"].as_u64().unwrap_or(0);
    reply.message = if clear {
        format!("{}; the venue reports no open order", reply.message)
    } else {
        reply.outcome = protocol::Outcome::Failed;
        format!("{}; {open} orders are not known to be cancelled yet, see `status`", reply.message)
    };
    if let Some(data) = reply.data.as_object_mut() {
        data.insert("swept".to_owned(), swept);
    }
    operate::show(&reply, common.json)
}

/// Progress belongs to stderr. Nobody reading it is no failure.
fn eprintln_plain(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

fn wait_for_sweep(common: &Common) -> Result<serde_json::Value, CliError> {
    let end = Instant::now() + WAIT;
    loop {
        let status = operate::request(common, &Request::Status, Duration::from_secs(5))?;
        let swept = status.data["swept"].clone();
        let sweeping = status.data["sweeping"].as_bool().unwrap_or(false);
        if (!sweeping && !swept.is_null()) || Instant::now() >= end {
            return Ok(if swept.is_null() { json!({ "clear": false }) } else { swept });
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn direct(common: &Common, patience: Duration) -> Outcome {
    let settings = operate::settings(common)?;
    let (rest, is_loopback) = Access::direct(&settings).map_err(|error: RunError| {
        let exit = if error.is_refusal() { Exit::Refused } else { Exit::Usage };
        CliError { exit, message: error.to_string() }
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("cannot start the runtime: {error}")))?;
    let remains: Remains = runtime.block_on(sweep(&rest, patience, is_loopback));
    if common.json {
        emit(&format!("{}\n", remains.to_json()))?;
    } else {
        emit(&format!("{}\n", remains.to_text()))?;
    }
    Ok(if remains.is_clear { Exit::Ok } else { Exit::Failed })
}
