//! Seeded chance.

/// A source of chance; the same seed and theme give the same throws.
#[derive(Clone, Debug)]
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    /// Themes have their own sources, so that a change in one does not shift the others.
    pub fn new(seed: u64, theme: u64) -> Self {
        Self(fastrand::Rng::with_seed(
            seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ theme.wrapping_mul(0x0100_0193),
        ))
    }

    /// True `per_mille` times in a thousand.
    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.0.u32(0..1_000) < per_mille
    }

    /// Both ends included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        self.0.i64(least..=most)
    }

    /// Less than `bound`; 0 when there is nothing to choose from.
    pub fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { self.0.usize(0..bound) }
    }

    /// One of a few that are known to exist.
    pub fn pick<T: Copy, const N: usize>(&mut self, of: [T; N]) -> T {
        of[self.below(N)]
    }

    /// An index, by weights.
    pub fn weighted(&mut self, weights: &[u32]) -> usize {
        let mut left = self.0.u32(0..weights.iter().sum::<u32>().max(1));
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }
}
