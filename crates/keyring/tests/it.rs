//! The keyring as its callers see it: against real files, with several handles at once.

mod keyring {
    mod erase;
    mod fixture;
    mod lookup;
    mod master;
    mod rotate;
    mod seal;
    mod shared;
}
