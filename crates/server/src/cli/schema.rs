use std::io::Write as _;

use super::Outcome;

/// Prints the schema definition language.
pub(crate) fn run() -> Outcome {
    std::io::stdout().write_all(graphql::sdl().as_bytes())?;
    Ok(())
}
