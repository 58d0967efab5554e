//! The page at `/_local/`: what happened in the stack, what is in it, and two things that can be done about it.
//!
//! ```text
//! request ─▶ guard (who asks) ─▶ show: flow, queues, tables, backup ─▶ templates ─▶ HTML
//!                             └▶ act:  redrive, replay ─▶ a note in the journal
//! ```
//!
//! It looks into the services past the faults that are asked for, and uncounted; what it does it does as any client would.

mod act;
mod backup;
mod fields;
mod flow;
mod guard;
mod links;
mod queues;
mod tables;
mod views;

use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{ALLOW, HeaderValue, LOCATION};
use hyper::{Method, StatusCode};
use local::Services;
use local::http::{Answer, Asked, answer};
use minijinja::{Value, context};
use serde_json::Value as Json;

use crate::api::OWN;
use crate::journal::Journal;
use fields::Fields;
use guard::Guard;
use views::Views;

const HTML: &str = "text/html; charset=utf-8";
/// The pages' own files: name, media type, content.
const FILES: [(&str, &str, &str); 2] = [
    ("page.css", "text/css; charset=utf-8", include_str!("page.css")),
    ("page.js", "text/javascript; charset=utf-8", include_str!("page.js")),
];

/// What there is to look at.
#[derive(Debug)]
pub(crate) struct Inside {
    pub(crate) services: Arc<Services>,
    pub(crate) region: String,
    pub(crate) journal: Journal,
    /// Names of the template's tables and queues.
    pub(crate) tables: Vec<String>,
    pub(crate) queues: Vec<String>,
    /// Where accepted changes are kept, where the template has that.
    pub(crate) backup: Option<Backup>,
    pub(crate) not_emulated: Vec<String>,
}

/// Where accepted changes are kept, and the queue that they went to.
#[derive(Debug)]
pub(crate) struct Backup {
    pub(crate) bucket: String,
    /// URL of the queue.
    pub(crate) queue: String,
}

/// The pages.
#[derive(Debug)]
pub(crate) struct Page {
    inside: Inside,
    guard: Guard,
    views: Views,
}

/// Why somebody does not get a page.
#[derive(Debug, thiserror::Error)]
enum Wrong {
    /// There is none.
    #[error("{0}")]
    NotFound(String),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Bad(String),
    /// Not for them.
    #[error("{0}")]
    Refused(String),
    /// Neither looked at nor sent.
    #[error("a page is fetched with GET, a form is sent with POST")]
    Method,
    /// A service says no.
    #[error("{0}")]
    Failed(String),
}

impl Wrong {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Bad(_) => StatusCode::BAD_REQUEST,
            Self::Refused(_) => StatusCode::FORBIDDEN,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Failed(_) => StatusCode::BAD_GATEWAY,
        }
    }

    fn no_page() -> Self {
        Self::NotFound("there is no such page".to_owned())
    }
}

impl Page {
    /// The pages of the program that serves its API on this port.
    pub(crate) fn new(port: u16, inside: Inside) -> Self {
        Self { inside, guard: Guard::new(port), views: Views::new() }
    }

    /// Answers a request for anything under [`OWN`].
    pub(crate) async fn answer(&self, asked: &Asked) -> Answer {
        let mut answer = self.route(asked).await.unwrap_or_else(|wrong| self.wrong(&wrong));
        guard::protect(answer.headers_mut());
        answer
    }

    async fn route(&self, asked: &Asked) -> Result<Answer, Wrong> {
        let host = self.guard.host(asked)?;
        let page = asked.uri().path().strip_prefix(OWN).unwrap_or_default();
        match *asked.method() {
            Method::GET | Method::HEAD => {
                if let Some((_, media_type, content)) = FILES.iter().find(|(name, ..)| *name == page) {
                    return Ok(answer(StatusCode::OK, media_type, *content));
                }
                let fields = Fields::read(asked.uri().query().unwrap_or_default().as_bytes());
                let (view, what) = self.show(page, &fields).await?;
                Ok(answer(StatusCode::OK, HTML, self.render(view, page, what)))
            }
            Method::POST => {
                let fields = Fields::read(asked.body());
                self.guard.form(asked, host, &fields)?;
                let note = self.act(page, &fields).await?;
                let mut answer = answer(StatusCode::SEE_OTHER, HTML, Bytes::new());
                let location = fields::address("note", &[("number", &note.to_string())]);
                let location = HeaderValue::from_str(&location).expect("an address of fields is ASCII");
                answer.headers_mut().insert(LOCATION, location);
                Ok(answer)
            }
            _ => Err(Wrong::Method),
        }
    }

    /// What a page shows: its template, and what that is about.
    async fn show(&self, page: &str, fields: &Fields) -> Result<(&'static str, Value), Wrong> {
        match page {
            "" => Ok(("overview.html", self.flow())),
            "flow" => Ok(("flow.html", self.flow())),
            "request" => Ok(("request.html", self.request(fields)?)),
            "batch" => Ok(("batch.html", self.batch(fields)?)),
            "note" => Ok(("note.html", self.note(fields)?)),
            "queues" => Ok(("queues.html", self.queues().await?)),
            "counts" => Ok(("counts.html", self.queues().await?)),
            "queue" => Ok(("queue.html", self.queue(fields).await?)),
            "tables" => Ok(("tables.html", context! { tables => &self.inside.tables })),
            "table" => Ok(("table.html", self.table(fields).await?)),
            "row" => Ok(("row.html", self.row(fields).await?)),
            "backup" => Ok(("backup.html", self.backup(fields)?)),
            "object" => Ok(("object.html", self.object(fields)?)),
            "not-emulated" => Ok(("not-emulated.html", context! { lines => &self.inside.not_emulated })),
            _ => Err(Wrong::no_page()),
        }
    }

    fn render(&self, view: &'static str, page: &str, what: Value) -> String {
        self.views.render(view, context! { page, csrf => self.guard.token(), ..what })
    }

    fn wrong(&self, wrong: &Wrong) -> Answer {
        let status = wrong.status();
        // Who asks by another name is not even told what there is.
        if let Wrong::Refused(why) = wrong {
            return answer(status, "text/plain; charset=utf-8", format!("{why}\n"));
        }
        let what = context! { status => status.as_u16(), why => wrong.to_string() };
        let mut answer = answer(status, HTML, self.render("wrong.html", "wrong", what));
        if matches!(wrong, Wrong::Method) {
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
        }
        answer
    }

    /// Asks a service something, past the faults.
    async fn look(&self, target: &str, asked: &Json) -> Result<Json, Wrong> {
        let (status, body) = self.inside.services.look(target, asked.to_string()).await;
        answered(target, status, &body)
    }
}

/// What a service answered, or what it says is wrong.
fn answered(target: &str, status: StatusCode, body: &[u8]) -> Result<Json, Wrong> {
    let answer: Json = serde_json::from_slice(body).unwrap_or_default();
    if status.is_success() {
        return Ok(answer);
    }
    let message = ["message", "Message"].iter().find_map(|name| answer[name].as_str());
    let why = format!("{}: {}", target.rsplit('.').next().unwrap_or_default(), message.unwrap_or(status.as_str()));
    Err(if status.is_client_error() { Wrong::Bad(why) } else { Wrong::Failed(why) })
}
