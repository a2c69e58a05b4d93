//! Small dense symmetric matrices: all that a fit of some dozen parameters needs.

use crate::{Result, StatisticsError};

/// A symmetric matrix; only the lower triangle is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Symmetric {
    size: usize,
    /// Row by row: (0,0), (1,0), (1,1), (2,0), ...
    lower: Vec<f64>,
}

const fn position(row: usize, column: usize) -> usize {
    let (row, column) = if row >= column { (row, column) } else { (column, row) };
    row * (row + 1) / 2 + column
}

impl Symmetric {
    /// All zeros.
    #[must_use]
    pub fn zeros(size: usize) -> Self {
        Self { size, lower: vec![0.0; size * (size + 1) / 2] }
    }

    /// Number of rows.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// The entry, 0 outside the matrix.
    #[must_use]
    pub fn get(&self, row: usize, column: usize) -> f64 {
        if row.max(column) >= self.size {
            return 0.0;
        }
        self.lower.get(position(row, column)).copied().unwrap_or(0.0)
    }

    /// Adds to an entry (and to its mirror image); outside the matrix nothing happens.
    pub fn add(&mut self, row: usize, column: usize, value: f64) {
        if row.max(column) < self.size
            && let Some(entry) = self.lower.get_mut(position(row, column))
        {
            *entry += value;
        }
    }

    /// The rows and columns `indices`, in that order.
    #[must_use]
    pub fn part(&self, indices: &[usize]) -> Self {
        let mut part = Self::zeros(indices.len());
        for (row, &i) in indices.iter().enumerate() {
            for (column, &j) in indices.iter().enumerate().take(row + 1) {
                part.add(row, column, self.get(i, j));
            }
        }
        part
    }

    /// x'Ax of a sparse vector x.
    #[must_use]
    pub fn quadratic(&self, x: &[(usize, f64)]) -> f64 {
        let row = |&(i, a): &(usize, f64)| x.iter().map(move |&(j, b)| a * b * self.get(i, j));
        x.iter().flat_map(row).sum()
    }

    /// The lower factor L with LL' = A.
    ///
    /// # Errors
    /// [`StatisticsError::Singular`] if the matrix is not positive definite.
    pub fn cholesky(&self) -> Result<Cholesky> {
        let mut factor = self.clone();
        for row in 0..self.size {
            for column in 0..=row {
                let products: f64 =
                    (0..column).map(|k| factor.get(row, k) * factor.get(column, k)).sum();
                let rest = self.get(row, column) - products;
                let value = if row == column {
                    if !(rest.is_finite() && rest > self.get(row, row).abs() * 1e-14) {
                        return Err(StatisticsError::Singular { index: row });
                    }
                    rest.sqrt()
                } else {
                    rest / factor.get(column, column)
                };
                factor.set(row, column, value);
            }
        }
        Ok(Cholesky { factor })
    }

    fn set(&mut self, row: usize, column: usize, value: f64) {
        if let Some(entry) = self.lower.get_mut(position(row, column)) {
            *entry = value;
        }
    }
}

/// The lower Cholesky factor of a matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Cholesky {
    factor: Symmetric,
}

impl Cholesky {
    /// Solves Ax = b; missing entries of `b` are 0.
    #[must_use]
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let size = self.factor.size;
        let mut x: Vec<f64> = (0..size).map(|row| b.get(row).copied().unwrap_or(0.0)).collect();
        for row in 0..size {
            let known: f64 = x.iter().take(row).zip(0..).map(|(x, k)| self.at(row, k) * x).sum();
            self.divide(&mut x, row, known);
        }
        for row in (0..size).rev() {
            let known: f64 =
                x.iter().zip(0..).skip(row + 1).map(|(x, k)| self.at(k, row) * x).sum();
            self.divide(&mut x, row, known);
        }
        x
    }

    /// A⁻¹.
    #[must_use]
    pub fn inverse(&self) -> Symmetric {
        let size = self.factor.size;
        let mut inverse = Symmetric::zeros(size);
        for column in 0..size {
            let mut unit = vec![0.0; size];
            if let Some(one) = unit.get_mut(column) {
                *one = 1.0;
            }
            for (row, value) in self.solve(&unit).into_iter().enumerate().skip(column) {
                inverse.set(row, column, value);
            }
        }
        inverse
    }

    /// Lz: turns independent standard normals into draws with this covariance.
    #[must_use]
    pub fn transform(&self, z: &[f64]) -> Vec<f64> {
        let row =
            |row: usize| z.iter().take(row + 1).zip(0..).map(|(z, k)| self.at(row, k) * z).sum();
        (0..self.factor.size).map(row).collect()
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        self.factor.get(row, column)
    }

    fn divide(&self, x: &mut [f64], row: usize, known: f64) {
        if let Some(x) = x.get_mut(row) {
            *x = (*x - known) / self.at(row, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_of_a_known_matrix() {
        let mut a = Symmetric::zeros(3);
        for (i, j, v) in [(0, 0, 4.0), (1, 1, 5.0), (2, 2, 6.0), (1, 0, 1.0), (2, 1, -2.0)] {
            a.add(i, j, v);
        }
        let inverse = a.cholesky().unwrap().inverse();
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| a.get(i, k) * inverse.get(k, j)).sum();
                let unit = if i == j { 1.0 } else { 0.0 };
                assert!((product - unit).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        let mut a = Symmetric::zeros(2);
        for (i, j, v) in [(0, 0, 1.0), (1, 1, 1.0), (1, 0, 1.0)] {
            a.add(i, j, v);
        }
        assert_eq!(a.cholesky().err(), Some(StatisticsError::Singular { index: 1 }));
    }
}
