//! Every address of the desk for programs, told once: the routes and their description are made from these.

use base::Action;
use site::Access;

/// How an address is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
}

/// What an address takes as its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Nothing,
    /// JSON of a schema.
    Json(&'static str),
    /// A file as a form sends it.
    File,
}

/// What it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    /// JSON of a schema.
    Json(&'static str),
    Csv,
    /// Nothing to say: it is done.
    Done,
}

/// A parameter behind the question mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Param {
    List,
    Support,
    Age,
    Key,
    /// `next` of the page before, within a worklist.
    AfterRun,
    Most,
    QueryState,
    AfterId,
    Before,
    Old,
    New,
}

/// One address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoint {
    pub(crate) verb: Verb,
    pub(crate) path: &'static str,
    pub(crate) id: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) action: Action,
    pub(crate) params: &'static [Param],
    pub(crate) takes: Takes,
    pub(crate) status: u16,
    pub(crate) gives: Gives,
    /// Statuses of problems besides those that every address can answer with.
    pub(crate) faults: &'static [u16],
}

impl Endpoint {
    const fn new(
        verb: Verb,
        path: &'static str,
        id: &'static str,
        action: Action,
        summary: &'static str,
    ) -> Self {
        let (takes, gives) = (Takes::Nothing, Gives::Done);
        let (tag, params, faults) = ("desk", &[], &[]);
        Self { verb, path, id, tag, summary, action, params, takes, status: 200, gives, faults }
    }

    const fn get(
        path: &'static str,
        id: &'static str,
        action: Action,
        summary: &'static str,
    ) -> Self {
        Self::new(Verb::Get, path, id, action, summary)
    }

    const fn post(
        path: &'static str,
        id: &'static str,
        action: Action,
        summary: &'static str,
    ) -> Self {
        Self { status: 204, ..Self::new(Verb::Post, path, id, action, summary) }
    }

    const fn tag(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    const fn params(self, params: &'static [Param]) -> Self {
        Self { params, ..self }
    }

    const fn takes(self, schema: &'static str) -> Self {
        Self { takes: Takes::Json(schema), ..self }
    }

    const fn gives(self, status: u16, schema: &'static str) -> Self {
        Self { status, gives: Gives::Json(schema), ..self }
    }

    const fn faults(self, faults: &'static [u16]) -> Self {
        Self { faults, ..self }
    }

    /// Who may call it.
    pub(crate) const fn access(&self) -> Access {
        Access::May(self.action)
    }
}

use Action::{
    AnswerQueries as ANSWER, LinkTransfers as LINK, RaiseQueries as RAISE, ReadRecords as READ,
    RequestUnlock as REQUEST, SubmitRuns as SUBMIT, UnlockRuns as UNLOCK, WriteRecords as WRITE,
};

macro_rules! endpoints {
    ($($name:ident = $value:expr;)*) => {
        $(pub(crate) const $name: Endpoint = $value;)*
        /// All of them.
        pub(crate) const ALL: &[Endpoint] = &[$($name),*];
    };
}

endpoints! {
    CENTERS = Endpoint::get("/api/v1/desk", "deskCenters", READ, "The centers whose desk the caller reads")
        .gives(200, "DeskCenters");
    WORKLIST = Endpoint::get("/api/v1/desk/{center}/worklist", "deskWorklist", READ,
        "A page of a worklist, with the numbers of all lists")
        .params(&[Param::List, Param::Support, Param::Age, Param::Key, Param::AfterRun, Param::Most])
        .gives(200, "Worklist");
    OPEN_CASE = Endpoint::post("/api/v1/desk/{center}/cases", "deskOpenCase", WRITE,
        "Opens patient, stay and run with the values of the start card, or nothing")
        .takes("NewCase").gives(201, "Case").faults(&[409, 422]);
    RUN = Endpoint::get("/api/v1/desk/{center}/runs/{run}", "deskRun", READ,
        "A run with its forms, their states and findings").gives(200, "Run").tag("runs");
    FINDINGS = Endpoint::get("/api/v1/desk/{center}/runs/{run}/findings", "deskFindings", READ,
        "Everything that must be mended or confirmed before the signature").gives(200, "Findings").tag("runs");
    CONFIRM = Endpoint::post("/api/v1/desk/{center}/runs/{run}/confirmations", "deskConfirm", WRITE,
        "Says that soft findings were looked at and the values are right")
        .takes("Confirmations").gives(200, "Findings").faults(&[409, 422]).tag("runs");
    HISTORY = Endpoint::get("/api/v1/desk/{center}/runs/{run}/history", "deskHistory", READ,
        "Every change of run, stay and patient, newest first")
        .params(&[Param::Before]).gives(200, "History").tag("runs");
    FORM = Endpoint::get("/api/v1/desk/{center}/runs/{run}/forms/{form}", "deskForm", READ,
        "A form of the run, of its stay or of its patient").gives(200, "Form").tag("forms");
    SAVE_FORM = Endpoint::post("/api/v1/desk/{center}/runs/{run}/forms/{form}", "deskSaveForm", WRITE,
        "Saves a whole form against the version that the caller has read")
        .takes("FormSent").gives(200, "FormSaved").faults(&[409, 422]).tag("forms");
    CHECK_FORM = Endpoint::post("/api/v1/desk/{center}/runs/{run}/forms/{form}/check", "deskCheckForm", READ,
        "Judges a form without saving it").takes("FormChecked").gives(200, "Findings").faults(&[422]).tag("forms");
    VERSIONS = Endpoint::get("/api/v1/desk/{center}/runs/{run}/forms/{form}/versions", "deskVersions", READ,
        "Every version of a form").gives(200, "Versions").tag("forms");
    COMPARE = Endpoint::get("/api/v1/desk/{center}/runs/{run}/forms/{form}/compare", "deskCompare", READ,
        "What differs between two versions of a form")
        .params(&[Param::Old, Param::New]).gives(200, "Compared").tag("forms");
    SIGN = Endpoint::post("/api/v1/desk/{center}/runs/{run}/submission", "deskSubmit", SUBMIT,
        "Signs the run; the soft findings that were read must be named")
        .takes("Signature").gives(201, "Receipt").faults(&[409, 422]).tag("life");
    RECEIPT = Endpoint::get("/api/v1/desk/{center}/runs/{run}/receipt", "deskReceipt", READ,
        "The receipt of the latest signature").gives(200, "Receipt").tag("life");
    REQUESTS_OF = Endpoint::get("/api/v1/desk/{center}/runs/{run}/requests", "deskRunRequests", READ,
        "Requests to re-open or to withdraw the run").gives(200, "Requests").tag("life");
    REQUEST_STEP = Endpoint::post("/api/v1/desk/{center}/runs/{run}/requests", "deskRequest", REQUEST,
        "Asks for the run to be re-opened or withdrawn")
        .takes("NewRequest").gives(201, "Created").faults(&[409, 422]).tag("life");
    PENDING = Endpoint::get("/api/v1/desk/requests", "deskPendingRequests", UNLOCK,
        "Requests of all centers that wait for a decision")
        .params(&[Param::AfterId]).gives(200, "PendingRequests").tag("life");
    DECIDE = Endpoint::post("/api/v1/desk/{center}/requests/{request}", "deskDecideRequest", UNLOCK,
        "Grants or refuses a request").takes("Decision").faults(&[409, 422]).tag("life");
    QUERIES = Endpoint::get("/api/v1/desk/{center}/queries", "deskQueries", READ, "Queries of a center, oldest first")
        .params(&[Param::QueryState, Param::AfterId]).gives(200, "Queries").tag("queries");
    QUERY = Endpoint::get("/api/v1/desk/{center}/queries/{query}", "deskQuery", READ, "A query with its steps")
        .gives(200, "QueryWithSteps").tag("queries");
    ASK = Endpoint::post("/api/v1/desk/{center}/runs/{run}/queries", "deskRaiseQuery", RAISE,
        "Asks about a form or a field").takes("NewQuery").gives(201, "Created").faults(&[422]).tag("queries");
    ANSWER_QUERY = Endpoint::post("/api/v1/desk/{center}/queries/{query}/answer", "deskAnswerQuery", ANSWER,
        "The center answers").takes("Words").faults(&[409, 422]).tag("queries");
    CLOSE_QUERY = Endpoint::post("/api/v1/desk/{center}/queries/{query}/close", "deskCloseQuery", RAISE,
        "The steward is content").takes("OptionalWords").faults(&[409, 422]).tag("queries");
    REOPEN_QUERY = Endpoint::post("/api/v1/desk/{center}/queries/{query}/reopen", "deskReopenQuery", RAISE,
        "The steward asks again").takes("Words").faults(&[409, 422]).tag("queries");
    TRANSFERS = Endpoint::get("/api/v1/desk/{center}/transfers", "deskTransfers", READ,
        "Links between the center's runs and those of others").gives(200, "Transfers").tag("transfers");
    PROPOSE = Endpoint::post("/api/v1/desk/{center}/runs/{run}/transfer", "deskProposeTransfer", LINK,
        "Looks for the run that continues this one").gives(201, "Created").faults(&[409, 422]).tag("transfers");
    CONFIRM_TRANSFER = Endpoint::post("/api/v1/desk/{center}/transfers/{transfer}/confirm", "deskConfirmTransfer",
        LINK, "Says for one side that it is the same patient").faults(&[409, 422]).tag("transfers");
    REFUSE_TRANSFER = Endpoint::post("/api/v1/desk/{center}/transfers/{transfer}/refuse", "deskRefuseTransfer",
        LINK, "Says for one side that it is another patient").faults(&[409, 422]).tag("transfers");
    QUALITY = Endpoint::get("/api/v1/desk/{center}/quality", "deskQuality", READ,
        "Data quality of the center beside all centers").gives(200, "Quality").tag("quality");
    UPLOADS = Endpoint::get("/api/v1/desk/{center}/uploads", "deskUploads", WRITE,
        "Files that wait, and earlier imports").gives(200, "Uploads").tag("uploads");
    UPLOAD_FILE = Endpoint { takes: Takes::File, ..Endpoint::post("/api/v1/desk/{center}/uploads", "deskUploadFile",
        WRITE, "Keeps a file and plans it; nothing is written yet")
        .gives(202, "UploadKept").faults(&[422]).tag("uploads") };
    UPLOAD = Endpoint::get("/api/v1/desk/{center}/uploads/{upload}", "deskUpload", WRITE,
        "How far a file is: its plan with differences, or what was done").gives(200, "Upload").tag("uploads");
    REPORT = Endpoint { gives: Gives::Csv, ..Endpoint::get("/api/v1/desk/{center}/uploads/{upload}/report.csv",
        "deskUploadReport", WRITE, "Every record, change and finding of the plan").tag("uploads") };
    APPLY = Endpoint::post("/api/v1/desk/{center}/uploads/{upload}/apply", "deskApplyUpload", WRITE,
        "Carries out exactly the plan of this digest").takes("Plan").gives(202, "UploadKept").faults(&[409])
        .tag("uploads");
    CHOOSE = Endpoint::post("/api/v1/desk/{center}/uploads/{upload}/choose", "deskChooseOfUpload", WRITE,
        "Makes the plan anew without some patients").takes("Choice").gives(202, "UploadKept").faults(&[409])
        .tag("uploads");
    DISCARD = Endpoint::post("/api/v1/desk/{center}/uploads/{upload}/discard", "deskDiscardUpload", WRITE,
        "Forgets the file").faults(&[409]).tag("uploads");
    UNDO = Endpoint::post("/api/v1/desk/{center}/imports/{import}/undo", "deskUndoImport", WRITE,
        "Takes an import back, whole or not at all").gives(200, "Undone").faults(&[409, 422]).tag("uploads");
}
