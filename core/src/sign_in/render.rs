//! Turns an [`Outcome`] into a response, as a page or as JSON: the one place where answers are made.

use serde::Serialize;
use serde_json::json;

use super::{Moved, Outcome};
use crate::{
    context::Context,
    http::{self, Problem, Request, Response},
    pages::{self, Frame, Page, ProfileView},
    policy::Step,
    ports::{Fault, Now},
    session::{DEVICE_COOKIE, DEVICE_COOKIE_MAX_AGE_S, Membership, Session, Site},
    store::{Profile, SessionEntry},
    texts::{LANGUAGE_COOKIE, LANGUAGE_COOKIE_MAX_AGE_S, Language, Message, Texts, device_name},
};

/// The response to what came of a request, with the headers every answer carries.
pub fn respond(cx: &Context<'_>, request: &Request, outcome: Result<Outcome, Fault>) -> Response {
    let language = request.language();
    let outcome = outcome.unwrap_or_else(|fault| {
        http::log_fault(cx, request, &fault);
        Outcome::Refused(Problem::unavailable(), Page::Message)
    });
    let rendered = pages::nonce(cx.rng).and_then(|nonce| {
        let face = Face { cx, request, nonce: &nonce, language };
        let response = if request.wants_html() { face.page(outcome) } else { face.json(outcome) };
        Ok(response?.secured(Some(&nonce)))
    });
    let response = rendered.unwrap_or_else(|fault| {
        http::log_fault(cx, request, &fault);
        Response::problem(&Problem::unavailable(), language).secured(None)
    });
    response.to(request)
}

struct Face<'a> {
    cx: &'a Context<'a>,
    request: &'a Request,
    nonce: &'a str,
    language: Language,
}

impl Face<'_> {
    fn page(&self, outcome: Outcome) -> Result<Response, Fault> {
        let request = self.request;
        Ok(match outcome {
            Outcome::Form(page) => self.html(200, &page, None)?,
            Outcome::Moved(moved) => {
                let to = match (moved.next, moved.recovery_codes_left) {
                    (Step::Done, Some(left)) => {
                        let page = Page::RecoveryUsed { left, return_to: moved.return_to.clone() };
                        return Ok(self.with_session(self.html(200, &page, None)?, &moved));
                    }
                    (Step::Done, None) if moved.codes_due => kept_path(&moved.return_to),
                    (Step::Done, None) => moved.return_to.clone(),
                    (step, _) => stage_path(step).to_owned(),
                };
                self.with_session(Response::see_other(&to), &moved)
            }
            Outcome::Setup(setup) => self.html(200, &Page::Enrol(setup), None)?,
            Outcome::RecoveryCodes(codes, moved) => {
                let return_to =
                    kept_path(moved.as_ref().map_or(self.cx.config.site.own_page(), |moved| &moved.return_to));
                let response = self.html(200, &Page::RecoveryCodes { codes, return_to }, None)?;
                match &moved {
                    Some(moved) => self.with_session(response, moved),
                    None => response,
                }
            }
            Outcome::Profile(profile) => {
                let done = request.query_field("done").unwrap_or_default();
                self.html(
                    200,
                    &Page::Profile(Box::new(ProfileView::new(*profile, &done, self.language.texts()))),
                    None,
                )?
            }
            Outcome::Sessions(_) => Response::see_other("/auth/profile#sessions"),
            Outcome::Done(to) => Response::see_other(&to),
            Outcome::Language(language, to) => speaking(Response::see_other(&to), language),
            Outcome::Joined(account) => self.html(200, &Page::Joined { account }, None)?,
            Outcome::SignedOut => signed_out(self.cx, Response::see_other("/auth/login")),
            outcome @ (Outcome::Elsewhere(_) | Outcome::ReauthRequired(_)) if !request.is_navigation() => {
                self.json(outcome)?
            }
            Outcome::Elsewhere(step) => Response::see_other(&self.stage_path(step)),
            Outcome::ReauthRequired(back) => Response::see_other(&with_return_to("/auth/reauth", &back)),
            Outcome::Refused(problem, page) => self.html(problem.status, &page, Some(&problem))?.retry_after(&problem),
            Outcome::MethodNotAllowed(allow) => {
                self.html(405, &Page::Message, Some(&Problem::method_not_allowed()))?.with("allow", allow)
            }
            outcome @ (Outcome::Session(_) | Outcome::Healthy | Outcome::Stylesheet) => self.json(outcome)?,
        })
    }

    fn json(&self, outcome: Outcome) -> Result<Response, Fault> {
        Ok(match outcome {
            Outcome::Form(Page::Invitation { account, email, has_password }) => {
                Response::json(200, &json!({ "account": account, "email": email, "has_password": has_password }))
            }
            Outcome::Form(page) => Response::json(200, &json!({ "next": form_name(&page) })),
            Outcome::Moved(moved) => {
                let mut body = json!({ "next": stage_name(moved.next), "return_to": moved.return_to });
                if let (Some(left), Some(body)) = (moved.recovery_codes_left, body.as_object_mut()) {
                    body.insert("recovery_codes_left".to_owned(), left.into());
                }
                self.with_session(Response::json(200, &body), &moved)
            }
            Outcome::Setup(setup) => Response::json(
                200,
                &json!({
                    "secret": *setup.secret,
                    "otpauth_uri": *setup.otpauth_uri,
                    "qr_svg": *setup.qr_svg,
                    "expires_at": setup.expires_at.rfc3339(),
                }),
            ),
            Outcome::RecoveryCodes(codes, moved) => {
                let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
                match moved {
                    Some(moved) => {
                        let body = json!({
                            "next": stage_name(moved.next),
                            "return_to": moved.return_to,
                            "recovery_codes": codes,
                        });
                        self.with_session(Response::json(200, &body), &moved)
                    }
                    None => Response::json(200, &json!({ "recovery_codes": codes })),
                }
            }
            Outcome::Session(session) => Response::json(200, &SessionBody::from(session.as_ref())),
            Outcome::Joined(account) => Response::json(200, &json!({ "next": "login", "account": account })),
            Outcome::Profile(profile) => Response::json(200, &ProfileBody::new(&profile, self.language.texts())),
            Outcome::Sessions(sessions) => {
                Response::json(200, &json!({ "sessions": session_bodies(&sessions, self.language.texts()) }))
            }
            Outcome::Done(_) => Response::empty(204),
            Outcome::Language(language, _) => speaking(Response::empty(204), language),
            Outcome::SignedOut => signed_out(self.cx, Response::empty(204)),
            Outcome::Elsewhere(step) => self.problem(&elsewhere(step).login_at(self.url(&self.stage_path(step)))),
            Outcome::ReauthRequired(back) => {
                self.problem(&reauth_required().login_at(self.url(&with_return_to("/auth/reauth", &back))))
            }
            Outcome::Refused(problem, _) => self.problem(&problem),
            Outcome::MethodNotAllowed(allow) => self.problem(&Problem::method_not_allowed()).with("allow", allow),
            Outcome::Healthy => Response::json(200, &json!({ "status": "ok" })),
            Outcome::Stylesheet => {
                Response { body: pages::stylesheet(self.cx.config.accent.as_ref()), ..Response::empty(200) }
                    .with("content-type", "text/css; charset=utf-8")
                    .with("cache-control", "public, max-age=31536000, immutable")
            }
        })
    }

    fn with_session(&self, response: Response, moved: &Moved) -> Response {
        let response = response.with_cookie(self.cx.config.site.cookie(), moved.token.expose(), None);
        match &moved.device {
            Some(device) => response.with_cookie(DEVICE_COOKIE, device, Some(DEVICE_COOKIE_MAX_AGE_S)),
            None => response,
        }
    }

    fn problem(&self, problem: &Problem) -> Response {
        Response::problem(problem, self.language)
    }

    /// Where a browser goes that is in this stage.
    fn stage_path(&self, step: Option<Step>) -> String {
        if let Some(step) = step.filter(|step| *step != Step::Refuse) {
            return stage_path(step).to_owned();
        }
        match self.request.came_from(&self.cx.config.origin) {
            from if from == "/" || from.starts_with("/auth/") => "/auth/login".to_owned(),
            from => with_return_to("/auth/login", &from),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.cx.config.origin)
    }

    /// Where another choice of language leads back to: this page, or for the answer to a form the page it was on.
    fn here(&self, page: &Page) -> Option<String> {
        let request = self.request;
        Some(match page {
            // Shown only once: going back to it would lose it.
            Page::RecoveryCodes { .. } => return None,
            _ if request.read_as() == "GET" => request.target(),
            Page::Login { return_to, .. } => with_return_to("/auth/login", return_to),
            Page::Reauth { return_to, .. } => with_return_to("/auth/reauth", return_to),
            Page::KeptCodes { return_to, .. } => with_return_to("/auth/recovery-codes/kept", return_to),
            Page::RecoveryUsed { return_to, .. } => return_to.clone(),
            Page::StartAgain => "/auth/enrol".to_owned(),
            Page::Joined { .. } => "/auth/login".to_owned(),
            Page::Message => "/".to_owned(),
            _ => request.path.clone(),
        })
    }

    fn html(&self, status: u16, page: &Page, problem: Option<&Problem>) -> Result<Response, Fault> {
        let frame = Frame {
            site_name: &self.cx.config.site_name,
            nonce: self.nonce,
            problem: problem.map(|problem| self.language.say(problem.message)),
            stylesheet: &pages::stylesheet_path(self.cx.config.accent.as_ref()),
            admin: self.cx.config.site == Site::Admin,
            language: self.language,
            here: self.here(page),
        };
        Ok(Response::html(status, page.render(&frame)?))
    }
}

/// Logging out also clears what the browser kept of this origin. The device cookie opens nothing and stays.
fn signed_out(cx: &Context<'_>, response: Response) -> Response {
    response.with_cookie(cx.config.site.cookie(), "", Some(0)).with("clear-site-data", "\"cache\", \"storage\"")
}

/// Keeps the choice of a language.
fn speaking(response: Response, language: Language) -> Response {
    response.with_cookie(LANGUAGE_COOKIE, language.code(), Some(LANGUAGE_COOKIE_MAX_AGE_S))
}

/// By way of showing that the recovery codes were kept.
fn kept_path(return_to: &str) -> String {
    with_return_to("/auth/recovery-codes/kept", return_to)
}

/// A page of ours, and where to go from it.
fn with_return_to(path: &str, return_to: &str) -> String {
    format!("{path}?{}", serde_urlencoded::to_string([("return_to", return_to)]).unwrap_or_default())
}

fn stage_name(step: Step) -> &'static str {
    match step {
        Step::Refuse => "login",
        Step::Verify => "verify",
        Step::Enrol => "enrol",
        Step::Done => "done",
    }
}

fn stage_path(step: Step) -> &'static str {
    match step {
        Step::Refuse => "/auth/login",
        Step::Verify => "/auth/verify",
        Step::Enrol => "/auth/enrol",
        Step::Done => "/",
    }
}

fn form_name(page: &Page) -> &'static str {
    match page {
        Page::Verify | Page::Recovery => "verify",
        Page::Reauth { .. } => "reauth",
        _ => "login",
    }
}

/// What a client hears who must prove again who it is.
pub fn reauth_required() -> Problem {
    Problem::new(403, "reauth_required", Message::ReauthRequired)
}

/// What a client hears whose request belongs to another stage.
pub fn elsewhere(step: Option<Step>) -> Problem {
    match step {
        None | Some(Step::Refuse) => Problem::new(401, "login_required", Message::LoginRequired),
        Some(Step::Verify) => Problem::new(401, "verify_required", Message::VerifyRequired),
        Some(Step::Enrol) => Problem::new(401, "enrol_required", Message::EnrolRequired),
        Some(Step::Done) => Problem::new(409, "already_signed_in", Message::AlreadySignedIn),
    }
}

#[derive(Serialize)]
struct SessionBody<'a> {
    stage: &'static str,
    user: UserBody<'a>,
    accounts: &'a [Membership],
    two_factor: TwoFactorBody,
    expires_at: String,
}

#[derive(Serialize)]
struct UserBody<'a> {
    id: &'a str,
    email: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct TwoFactorBody {
    enabled: bool,
    required_by_account: bool,
    recovery_codes_left: i64,
}

impl<'a> From<&'a Session> for SessionBody<'a> {
    fn from(session: &'a Session) -> Self {
        let person = &session.person;
        let stage = match session.step() {
            Step::Done => "full",
            step => stage_name(step),
        };
        Self {
            stage,
            user: UserBody { id: &person.id, email: &person.email, name: &person.name },
            // Before the second step the password alone tells nothing of the accounts behind it.
            accounts: if stage == "full" { &person.memberships } else { &[] },
            two_factor: TwoFactorBody {
                enabled: person.two_factor_enabled(),
                required_by_account: person.required_by_account(),
                recovery_codes_left: person.recovery_codes_left,
            },
            expires_at: session.expires_at.rfc3339(),
        }
    }
}

#[derive(Serialize)]
struct ProfileBody<'a> {
    user: UserBody<'a>,
    accounts: &'a [Membership],
    two_factor: TwoFactorBody,
    authenticators: Vec<AuthenticatorBody<'a>>,
    sessions: Vec<SessionEntryBody<'a>>,
}

#[derive(Serialize)]
struct AuthenticatorBody<'a> {
    id: &'a str,
    name: &'a str,
    created_at: String,
    last_used_at: String,
}

#[derive(Serialize)]
struct SessionEntryBody<'a> {
    id: &'a str,
    current: bool,
    site: &'static str,
    device: String,
    ip: &'a str,
    country: &'a str,
    created_at: String,
    last_seen_at: String,
    expires_at: String,
}

impl<'a> ProfileBody<'a> {
    fn new(profile: &'a Profile, t: &Texts) -> Self {
        let SessionBody { user, accounts, two_factor, .. } = SessionBody::from(&profile.session);
        let authenticators = profile.authenticators.iter().map(|entry| AuthenticatorBody {
            id: &entry.id,
            name: &entry.name,
            created_at: Now(entry.created_at).rfc3339(),
            last_used_at: Now(entry.last_used_at).rfc3339(),
        });
        let sessions = session_bodies(&profile.sessions, t);
        Self { user, accounts, two_factor, authenticators: authenticators.collect(), sessions }
    }
}

fn session_bodies<'a>(entries: &'a [SessionEntry], t: &Texts) -> Vec<SessionEntryBody<'a>> {
    entries.iter().map(|entry| SessionEntryBody::new(entry, t)).collect()
}

impl<'a> SessionEntryBody<'a> {
    fn new(entry: &'a SessionEntry, t: &Texts) -> Self {
        Self {
            id: &entry.id,
            current: entry.current == 1,
            site: if entry.admin == 1 { "admin" } else { "edge" },
            device: device_name(&entry.user_agent, t),
            ip: &entry.ip,
            country: &entry.country,
            created_at: Now(entry.created_at).rfc3339(),
            last_seen_at: Now(entry.last_seen_at).rfc3339(),
            expires_at: Now(entry.expires_at).rfc3339(),
        }
    }
}
