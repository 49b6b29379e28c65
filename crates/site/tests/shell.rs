//! What holds for every route: headers, errors, limits, hosts, caching, health, log.
#![cfg(test)]

mod common;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, StatusCode, header};
use common::{app, figures, get_from, header_of, ids, page, request, shell, site_of, text};
use serde_json::Value;
use site::home::HomeFigures;
use site::{Access, Routes};
use site::{BoxError, Limits, Problem, SiteState};
use tower::ServiceExt;

#[tokio::test]
async fn no_page_holds_an_inline_script_an_inline_style_or_an_event_handler() {
    let app = site::app(site_of(figures()).with_live());
    for (path, scripts) in [("/", 1), ("/nothing-here", 0)] {
        let html = text(get_from(&app, path).await).await;

        let own = format!("<script type=\"module\" src=\"{}\"></script>", site::live_script());
        assert_eq!(html.matches("<script").count(), scripts, "{path}");
        assert_eq!(html.matches(&own).count(), scripts, "{path}");
        assert!(!html.contains("<style"), "{path}");
        assert!(!html.contains("style=\""), "{path}");
        let handler = html.split_whitespace().find(|word| {
            word.strip_prefix("on").is_some_and(|rest| {
                let name = rest.split('=').next().unwrap_or_default();
                rest.contains('=') && name.chars().all(|c| c.is_ascii_lowercase())
            })
        });
        assert_eq!(handler, None, "{path}");
    }
}

#[tokio::test]
async fn the_script_is_an_own_asset_and_a_site_without_the_stream_does_not_load_it() {
    let without = app();
    let script = get_from(&without, site::live_script()).await;

    assert_eq!(header_of(script.headers(), "content-type"), "text/javascript; charset=utf-8");
    let source = text(script).await;
    assert!(source.contains("EventSource") && !source.contains("://"));
    assert!(!text(get_from(&without, "/").await).await.contains("<script"));
}

#[tokio::test]
async fn an_error_page_shows_the_reference_number_and_not_the_cause() {
    let broken = || Err::<HomeFigures, BoxError>("no such table: secret_table".into());
    let site = SiteState::new(ids(), Arc::new(broken), Arc::new(|| Ok(())), shell());

    let response = get_from(&site::app(site), "/").await;

    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(header_of(response.headers(), "cache-control"), "no-store");
    let id = header_of(response.headers(), "x-request-id").to_owned();
    let html = text(response).await;
    assert_eq!(id.len(), 36);
    assert!(html.contains(&id) && html.contains("Something went wrong on our side"));
    assert!(!html.contains("secret_table"));
}

#[tokio::test]
async fn a_panic_costs_one_request_and_shows_nothing_of_itself() {
    async fn boom() -> &'static str {
        panic!("patient 4711 broke it")
    }
    let app =
        site::app(site_of(figures()).with_pages(Routes::new().get("/boom", Access::Public, boom)));

    let response = get_from(&app, "/boom").await;

    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!header_of(response.headers(), "content-security-policy").is_empty());
    assert!(!text(response).await.contains("4711"));
    assert_eq!(get_from(&app, "/").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn api_problems_are_problem_json_and_pages_are_html() {
    let app = app();

    let api = get_from(&app, "/api/v1/nothing").await;
    assert_eq!(api.status(), StatusCode::NOT_FOUND);
    assert_eq!(header_of(api.headers(), "content-type"), "application/problem+json");
    let id = header_of(api.headers(), "x-request-id").to_owned();
    let problem: Value = serde_json::from_str(&text(api).await).unwrap();
    assert_eq!(problem["status"], 404);
    assert_eq!(problem["type"], "about:blank");
    assert_eq!(problem["instance"], format!("urn:uuid:{id}"));

    let html = get_from(&app, "/nothing").await;
    assert_eq!(html.status(), StatusCode::NOT_FOUND);
    assert_eq!(header_of(html.headers(), "content-type"), "text/html; charset=utf-8");
    assert!(text(html).await.contains("<h1>Page not found</h1>"));
}

#[tokio::test]
async fn an_address_does_not_reflect_its_path_as_markup() {
    let html = text(get_from(&app(), "/%3Cscript%3Ealert(1)%3C/script%3E?q=%3Cb%3E").await).await;

    assert!(!html.contains("alert(1)"));
}

#[tokio::test]
async fn the_wrong_method_is_405_with_the_methods_that_work() {
    let app = app();
    for (path, kind) in
        [("/", "text/html; charset=utf-8"), ("/api/v1/figures", "application/problem+json")]
    {
        for method in [Method::POST, Method::PUT, Method::DELETE, Method::TRACE, Method::OPTIONS] {
            let response = app.clone().oneshot(request(method.clone(), path)).await.unwrap();

            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            assert_eq!(header_of(response.headers(), "allow"), "GET,HEAD", "{method} {path}");
            assert_eq!(header_of(response.headers(), "content-type"), kind, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn too_large_a_body_is_413_whether_announced_or_not() {
    async fn swallow(body: String) -> String {
        body
    }
    let limits = Limits { body_bytes: 10, ..Limits::default() };
    let pages = Routes::new().post("/swallow", Access::Public, swallow).post(
        "/api/swallow",
        Access::Public,
        swallow,
    );
    let app = site::app(site_of(figures()).with_limits(limits).with_pages(pages));
    let send = async |path: &str, body: &'static str, announced: bool| {
        let mut request = request(Method::POST, path);
        if announced {
            request.headers_mut().insert(header::CONTENT_LENGTH, body.len().into());
        }
        *request.body_mut() = Body::from(body);
        app.clone().oneshot(request).await.unwrap()
    };

    assert_eq!(send("/swallow", "0123456789", true).await.status(), StatusCode::OK);
    for (path, announced) in [("/swallow", true), ("/swallow", false), ("/api/swallow", true)] {
        let response = send(path, "0123456789a", announced).await;

        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path} {announced}");
        assert!(text(response).await.contains("Request too large"), "{path} {announced}");
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_503_with_advice_when_to_return() {
    async fn never() {
        std::future::pending::<()>().await;
    }
    let limits = Limits { request_time: Duration::from_millis(20), ..Limits::default() };
    let pages = Routes::new().get("/never", Access::Public, never);
    let app = site::app(site_of(figures()).with_limits(limits).with_pages(pages));

    let response = get_from(&app, "/never").await;

    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header_of(response.headers(), "retry-after"), "30");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers_and_a_request_id() {
    async fn refuse() -> Problem {
        Problem::of(StatusCode::CONFLICT)
    }
    async fn teapot() -> StatusCode {
        StatusCode::IM_A_TEAPOT
    }
    let pages =
        Routes::new().get("/refuse", Access::Public, refuse).get("/teapot", Access::Public, teapot);
    let app = site::app(site_of(figures()).with_pages(pages));
    let style = style_address(&page(figures()).await);
    let paths = [
        ("/", 200),
        ("/api/v1/figures", 200),
        (style.as_str(), 200),
        ("/health/live", 200),
        ("/health/ready", 200),
        ("/refuse", 409),
        ("/teapot", 418),
        ("/assets/site.0000000000000000.css", 404),
        ("/assets/..%2FCargo.toml", 404),
        ("/api/nothing", 404),
        ("/nothing", 404),
    ];

    for (path, status) in paths {
        let response = get_from(&app, path).await;

        assert_eq!(response.status().as_u16(), status, "{path}");
        let headers = response.headers();
        let policy = header_of(headers, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{path}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header_of(headers, name), value, "{path} {name}");
        }
        assert!(header_of(headers, "permissions-policy").contains("camera=()"), "{path}");
        assert_eq!(header_of(headers, "x-request-id").len(), 36, "{path}");
        assert!(!header_of(headers, "cache-control").is_empty(), "{path}");
        assert!(headers.get("set-cookie").is_none(), "{path}");
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_request_is_one_log_line_with_its_id_and_without_its_query() {
    let lines = Lines::default();
    let writer = lines.clone();
    let log = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(log);

    let response = get_from(&app(), "/nothing?patient=4711").await;
    drop(guard);

    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.contains("GET /nothing 404 in "), "{text}");
    assert!(text.contains(header_of(response.headers(), "x-request-id")), "{text}");
    assert!(!text.contains("4711"), "{text}");
}

#[tokio::test]
async fn a_request_id_from_outside_is_not_believed() {
    let mut request = request(Method::GET, "/");
    request.headers_mut().insert("x-request-id", "mine".parse().unwrap());

    let response = app().oneshot(request).await.unwrap();

    assert_ne!(header_of(response.headers(), "x-request-id"), "mine");
}

#[tokio::test]
async fn foreign_and_missing_host_names_are_refused_on_every_route() {
    let app = app();
    let send = async |path: &str, hosts: &[&str]| {
        let mut request = request(Method::GET, path);
        request.headers_mut().remove(header::HOST);
        for host in hosts {
            request.headers_mut().append(header::HOST, host.parse().unwrap());
        }
        app.clone().oneshot(request).await.unwrap()
    };

    for path in ["/", "/api/v1/figures", "/health/live", "/nothing"] {
        for host in ["evil.example", "localhost.evil.example:80", "192.168.1.2:8080", "0.0.0.0"] {
            let response = send(path, &[host]).await;
            assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST, "{host} {path}");
            assert!(!header_of(response.headers(), "content-security-policy").is_empty());
        }
        assert_eq!(send(path, &[]).await.status(), StatusCode::BAD_REQUEST);
        let two = send(path, &["localhost", "evil.example"]).await;
        assert_eq!(two.status(), StatusCode::BAD_REQUEST);
    }
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1:8080", "[::1]:8080"] {
        assert_eq!(send("/", &[host]).await.status(), StatusCode::OK, "{host}");
    }
    let absolute = send("http://evil.example/", &["localhost"]).await;
    assert_eq!(absolute.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn a_page_is_not_sent_again_while_it_has_not_changed() {
    let runs = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&runs);
    let source = move || {
        let mut figures = figures();
        figures.cases_this_year += seen.load(Ordering::SeqCst);
        figures.drafts += seen.load(Ordering::SeqCst);
        Ok(figures)
    };
    let limits = Limits { figures_max_age: Duration::ZERO, ..Limits::default() };
    let site = SiteState::new(ids(), Arc::new(source), Arc::new(|| Ok(())), shell());
    let app = site::app(site.with_limits(limits));

    let first = get_from(&app, "/").await;
    assert_eq!(header_of(first.headers(), "cache-control"), "no-cache");
    let tag = header_of(first.headers(), "etag").to_owned();
    let ask = async || {
        let mut request = request(Method::GET, "/");
        request.headers_mut().insert(header::IF_NONE_MATCH, tag.parse().unwrap());
        app.clone().oneshot(request).await.unwrap()
    };

    let same = ask().await;
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(header_of(same.headers(), "etag"), tag);
    assert!(text(same).await.is_empty());

    runs.store(1, Ordering::SeqCst);
    assert_eq!(ask().await.status(), StatusCode::OK);
}

fn style_address(html: &str) -> String {
    let (_, rest) = html.split_once("<link rel=\"stylesheet\" href=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_style_sheet_is_named_by_its_content_kept_for_a_year_and_compressed_on_request() {
    let app = app();
    let address = style_address(&page(figures()).await);

    let plain = get_from(&app, &address).await;
    assert_eq!(header_of(plain.headers(), "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(header_of(plain.headers(), "content-type"), "text/css; charset=utf-8");
    assert!(plain.headers().get("content-encoding").is_none());
    let plain = to_bytes(plain.into_body(), 1_000_000).await.unwrap();

    let mut request = request(Method::GET, &address);
    request.headers_mut().insert(header::ACCEPT_ENCODING, "gzip, br".parse().unwrap());
    let small = app.clone().oneshot(request).await.unwrap();
    assert_eq!(header_of(small.headers(), "content-encoding"), "gzip");
    assert_eq!(header_of(small.headers(), "vary"), "accept-encoding");
    let small = to_bytes(small.into_body(), 1_000_000).await.unwrap();
    assert!(small.len() * 2 < plain.len(), "{} of {}", small.len(), plain.len());
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&small[..]), &mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain);
}

#[tokio::test]
async fn everything_that_a_page_and_its_style_sheet_name_is_there() {
    let app = app();
    let html = page(figures()).await;
    let style = text(get_from(&app, &style_address(&html)).await).await;
    let assets: Vec<&str> = html
        .split('"')
        .chain(style.split('"'))
        .filter(|part| part.starts_with("/assets/"))
        .collect();

    assert!(assets.len() >= 6, "{assets:?}");
    for address in assets {
        assert_eq!(get_from(&app, address).await.status(), StatusCode::OK, "{address}");
    }
    for link in html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
        if !path.is_empty() {
            assert_eq!(get_from(&app, path).await.status(), StatusCode::OK, "{link}");
        }
        let target = format!("id=\"{fragment}\"");
        assert!(fragment.is_empty() || html.matches(&target).count() == 1, "{link}");
    }
}

#[tokio::test]
async fn pages_are_compressed_on_request_and_fonts_are_left_alone() {
    let app = app();
    let html = page(figures()).await;
    let font = html.split('"').find(|part| part.contains("source-sans")).unwrap();
    for (path, coding) in [("/", "gzip"), ("/api/v1/figures", "gzip"), (font, "")] {
        let mut request = request(Method::GET, path);
        request.headers_mut().insert(header::ACCEPT_ENCODING, "gzip".parse().unwrap());

        let response = app.clone().oneshot(request).await.unwrap();

        assert_eq!(header_of(response.headers(), "content-encoding"), coding, "{path}");
    }
}

#[tokio::test]
async fn readiness_follows_the_check_and_liveness_does_not() {
    let not_yet = || Err::<(), BoxError>("migration 7 is missing: run openecls serve once".into());
    let source = move || Ok(figures());
    let app = site::app(SiteState::new(ids(), Arc::new(source), Arc::new(not_yet), shell()));

    let ready = get_from(&app, "/health/ready").await;
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header_of(ready.headers(), "content-type"), "application/problem+json");
    assert!(text(ready).await.contains("migration 7 is missing"));

    let live = get_from(&app, "/health/live").await;
    assert_eq!(live.status(), StatusCode::OK);
    assert_eq!(header_of(live.headers(), "cache-control"), "no-store");
    assert_eq!(text(live).await, r#"{"status":"live"}"#);
}

#[tokio::test]
async fn head_answers_as_get_without_a_body() {
    let response = app().oneshot(request(Method::HEAD, "/")).await.unwrap();

    assert_eq!(response.status(), StatusCode::OK);
    assert!(!header_of(response.headers(), "etag").is_empty());
    assert!(text(response).await.is_empty());
}

#[tokio::test]
async fn a_slow_upload_is_let_in_while_it_arrives_and_cut_off_when_it_stalls() {
    async fn swallow(body: axum::body::Bytes) -> String {
        body.len().to_string()
    }
    /// A body of so many parts, each a while after the one before; then nothing, for ever, when it stalls.
    fn slow(parts: u32, stalls: bool) -> Body {
        Body::from_stream(futures_util::stream::unfold(0, move |sent| async move {
            if sent == parts {
                if stalls {
                    std::future::pending::<()>().await;
                }
                return None;
            }
            tokio::time::sleep(Duration::from_millis(60)).await;
            Some((Ok::<_, std::io::Error>(vec![b'x'; 4096]), sent + 1))
        }))
    }
    let limits = Limits { request_time: Duration::from_millis(300), ..Limits::default() };
    let pages = Routes::new().post("/swallow", Access::Public, swallow);
    let app = site::app(site_of(figures()).with_limits(limits).with_pages(pages));
    let send = |body: Body| {
        let mut request = request(Method::POST, "/swallow");
        *request.body_mut() = body;
        app.clone().oneshot(request)
    };

    let whole = send(slow(12, false)).await.unwrap();
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(text(whole).await, (12 * 4096).to_string());

    let stalled = send(slow(2, true)).await.unwrap();
    assert_eq!(stalled.status(), StatusCode::SERVICE_UNAVAILABLE);
}
