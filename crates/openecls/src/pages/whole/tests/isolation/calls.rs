//! Calls of the whole program, and what it logs meanwhile.

use std::io::Write as _;
use std::sync::{Arc, Mutex, OnceLock};

use super::*;

#[derive(Clone, Default)]
pub(in super::super) struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The log of this process: other tests may write to it, too.
    pub(in super::super) fn get() -> &'static Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        LOG.get_or_init(|| {
            let log = Self::default();
            let writer = log.clone();
            let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
            tracing::subscriber::set_global_default(subscriber).unwrap();
            log
        })
    }

    pub(in super::super) fn attempts(&self) -> usize {
        let text = String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned();
        text.lines().filter(|line| line.contains("openecls::scope")).count()
    }

    pub(in super::super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

pub(in super::super) struct Answer {
    pub(in super::super) status: StatusCode,
    pub(in super::super) location: String,
    pub(in super::super) body: String,
}

pub(in super::super) struct Call<'p> {
    pub(in super::super) program: &'p Program,
    pub(in super::super) runtime: &'p tokio::runtime::Runtime,
}

impl Call<'_> {
    pub(in super::super) fn ask(
        &self,
        method: &Method,
        path: &str,
        cookie: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> Answer {
        let request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header(header::HOST, "localhost")
            .header(header::COOKIE, format!("openecls={cookie}"))
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        self.runtime.block_on(async {
            let response = self.program.router.clone().oneshot(request).await.unwrap();
            let location = response.headers().get(header::LOCATION);
            let location = location.map_or("", |value| value.to_str().unwrap()).to_owned();
            let status = response.status();
            let body = axum::body::to_bytes(response.into_body(), 50_000_000).await.unwrap();
            Answer { status, location, body: String::from_utf8_lossy(&body).into_owned() }
        })
    }

    pub(in super::super) fn get(&self, path: &str, cookie: &str) -> Answer {
        self.ask(&Method::GET, path, cookie, "text/plain", Vec::new())
    }

    pub(in super::super) fn form(&self, path: &str, cookie: &str, body: &str) -> Answer {
        let kind = "application/x-www-form-urlencoded";
        self.ask(&Method::POST, path, cookie, kind, body.as_bytes().to_vec())
    }

    pub(in super::super) fn json(
        &self,
        method: &Method,
        path: &str,
        cookie: &str,
        body: &Value,
    ) -> Answer {
        let body = body.to_string().into_bytes();
        self.ask(method, path, cookie, "application/json", body)
    }

    pub(in super::super) fn file(
        &self,
        path: &str,
        cookie: &str,
        name: &str,
        text: &str,
    ) -> Answer {
        let mut body = Vec::new();
        write!(
            body,
            "--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--cut--\r\n"
        )
        .unwrap();
        self.ask(&Method::POST, path, cookie, "multipart/form-data; boundary=cut", body)
    }

    /// The file of an export once it is written.
    pub(in super::super) fn fetched(&self, export: &str, cookie: &str) -> Answer {
        for _ in 0..600 {
            let answer = self.get(&format!("{export}/file"), cookie);
            if answer.status == StatusCode::OK {
                return answer;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("no file was written at {export}");
    }

    /// The answer once nothing works on a file any more.
    pub(in super::super) fn settled(&self, path: &str, cookie: &str) -> Answer {
        loop {
            let answer = self.get(path, cookie);
            let works = ["\"planning\"", "\"applying\""];
            if !works.iter().any(|word| answer.body.contains(word)) {
                return answer;
            }
            std::thread::sleep(std::time::Duration::from_millis(30));
        }
    }
}
