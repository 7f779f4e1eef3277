//! What all fuzz targets do: send one request to a whole server in this process, and look at the answer.
//!
//! No input may make it panic, hang (libFuzzer's own limit) or answer 5xx, and no refusal may be called internal.

use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, request::Builder};
use http_body_util::BodyExt as _;
use server::cli::harness::harness;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

struct World {
    runtime: Runtime,
    router: Router,
    token: String,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder").keep();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    // Kept for the life of the process, as the node is.
    let made = Box::leak(Box::new(runtime.block_on(harness(&folder)).expect("a server")));
    World { runtime, router: made.router.clone(), token: made.token.clone() }
});

/// A request with the account's token.
pub fn signed(method: &str, path: &str) -> Builder {
    Request::builder().method(method).uri(path).header("authorization", format!("Bearer {}", WORLD.token))
}

/// Sends it; answers status and body.
pub fn ask(request: Request<Body>) -> (StatusCode, Vec<u8>) {
    let answer = WORLD.runtime.block_on(async {
        let response = WORLD.router.clone().oneshot(request).await.expect("an answer");
        let status = response.status();
        let bytes = response.into_body().collect().await.map(|body| body.to_bytes().to_vec());
        (status, bytes.unwrap_or_default())
    });
    assert!(answer.0.as_u16() < 500, "{} {}", answer.0, String::from_utf8_lossy(&answer.1));
    let internal = b"\"code\":\"internal\"";
    assert!(!answer.1.windows(internal.len()).any(|part| part == internal), "an internal error");
    answer
}

/// Posts JSON to `/graphql`.
pub fn graphql(body: Vec<u8>) -> (StatusCode, Vec<u8>) {
    let request = signed("POST", "/graphql").header("content-type", "application/json");
    ask(request.body(Body::from(body)).expect("a request"))
}
