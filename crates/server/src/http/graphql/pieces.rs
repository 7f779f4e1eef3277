//! A body of a few pieces that are in memory already, sent one after the other without being copied together.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use http_body::{Frame, SizeHint};

/// The pieces that are left.
pub(super) struct Pieces<const COUNT: usize> {
    all: [Bytes; COUNT],
    next: usize,
}

impl<const COUNT: usize> Pieces<COUNT> {
    pub(super) fn new(all: [Bytes; COUNT]) -> Self {
        Self { all, next: 0 }
    }
}

impl<const COUNT: usize> HttpBody for Pieces<COUNT> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = self.next;
        self.next += 1;
        Poll::Ready(self.all.get_mut(next).map(|piece| Ok(Frame::data(std::mem::take(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.next >= COUNT
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.all.iter().map(|piece| piece.len() as u64).sum())
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};

    use super::*;

    #[tokio::test]
    async fn the_pieces_come_in_order_and_their_length_is_known() {
        let pieces = Pieces::new(["ab", "", "c"].map(|piece| Bytes::from_static(piece.as_bytes())));
        assert_eq!(HttpBody::size_hint(&pieces).exact(), Some(3));
        assert_eq!(to_bytes(Body::new(pieces), 10).await.unwrap(), "abc");
    }
}
