//! The views from the outside: events in, figures out.

#![cfg(test)]

mod it {
    mod community;
    mod delivery;
    mod feed;
    mod log;
    mod paging;
    mod recovery;
    mod report;
    mod station;
    mod stopping;
    mod world;
}
