//! The views from the outside: events in, figures out.

mod it {
    mod log;
    mod station;
    mod world;
}
