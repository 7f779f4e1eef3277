use tokio::sync::watch;

/// Tells open sockets to end, and when all have.
#[derive(Clone, Debug)]
pub struct Shutdown {
    begun: watch::Sender<bool>,
    open: watch::Sender<usize>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { begun: watch::Sender::new(false), open: watch::Sender::new(0) }
    }
}

impl Shutdown {
    pub fn new() -> Self {
        Self::default()
    }

    /// From here on `/readyz` says no, and every socket closes with 1001.
    pub fn begin(&self) {
        self.begun.send_replace(true);
    }

    pub fn has_begun(&self) -> bool {
        *self.begun.borrow()
    }

    /// Until [`begin`](Self::begin).
    pub async fn begun(&self) {
        let mut begun = self.begun.subscribe();
        // An error means that the sender is gone, but `self` is one.
        let _ = begun.wait_for(|begun| *begun).await;
    }

    /// Until every socket has ended.
    pub async fn drained(&self) {
        let mut open = self.open.subscribe();
        let _ = open.wait_for(|open| *open == 0).await;
    }

    /// A socket; it has ended when this is dropped.
    pub(super) fn join(&self) -> Joined {
        self.open.send_modify(|open| *open += 1);
        Joined(self.open.clone())
    }
}

#[derive(Debug)]
pub(super) struct Joined(watch::Sender<usize>);

impl Drop for Joined {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}
