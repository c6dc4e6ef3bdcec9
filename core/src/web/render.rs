//! Turns an [`Outcome`] into a response, as a page or as JSON: the one place where answers are made.

use super::{Moved, Outcome, Stop, elsewhere, reauth_required, response::content_security_policy};
use crate::{
    context::Context,
    flows,
    pages::{self, Frame, HealthBody, MovedBody, Page, SessionBody, SessionsBody, Why, onward, with_return_to},
    people::{
        caller::Refusal,
        session::{
            BROWSER_COOKIE, BROWSER_COOKIE_MAX_AGE_S, EMAIL_COOKIE, INVITATION_COOKIE, PROBE_COOKIE, RESET_COOKIE, Site,
        },
    },
    policy::Step,
    ports::Fault,
    texts::{Language, Message},
    web::{Problem, Request, Response, encoded, same_origin_path},
};

/// The response to what came of a request, with the headers every answer carries.
pub fn respond(cx: &Context<'_>, request: &Request, outcome: Result<Outcome, Stop>) -> Response {
    respond_with(cx, request, outcome, Vec::new())
}

/// The same for a proxy that asks about a request: as JSON, whatever that would rather have, and with the header
/// `Airlock-Login` where a browser could be led on.
pub fn respond_to_proxy(cx: &Context<'_>, request: &Request, outcome: Result<Outcome, Stop>) -> Response {
    rendered(cx, request, outcome, Vec::new(), true)
}

/// The same; where it leaves its user where they are, with the fields of a form to send on.
pub fn respond_with(
    cx: &Context<'_>,
    request: &Request,
    outcome: Result<Outcome, Stop>,
    held: Vec<(String, String)>,
) -> Response {
    rendered(cx, request, outcome, held, false)
}

fn rendered(
    cx: &Context<'_>,
    request: &Request,
    outcome: Result<Outcome, Stop>,
    held: Vec<(String, String)>,
    for_proxy: bool,
) -> Response {
    let language = request.language();
    let outcome = outcome.unwrap_or_else(|stop| match stop {
        Stop::Fault(fault) => {
            cx.log_fault(&fault);
            Problem::unavailable().into()
        }
        Stop::Problem(problem) => problem.into(),
        Stop::Refused(Refusal::Stage(step)) => Outcome::Elsewhere(step),
        Stop::Refused(Refusal::Reauthenticate) => Outcome::ReauthRequired(cx.config.own_page()),
        Stop::Refused(Refusal::NotFound | Refusal::InvalidToken | Refusal::Scope) => Problem::not_found().into(),
        Stop::Outcome(outcome) => *outcome,
    });
    let rendered = pages::nonce(cx.rng).and_then(|nonce| {
        let face = Face { cx, request, nonce: &nonce, language, held, for_proxy };
        let html = request.wants_html() && !for_proxy;
        let response = if html { face.page(outcome) } else { face.json(outcome) };
        Ok(response?.secured(cx.config, Some(&nonce)))
    });
    let response = rendered.unwrap_or_else(|fault| {
        cx.log_fault(&fault);
        Response::problem(&Problem::unavailable(), language).secured(cx.config, None)
    });
    without_twins(cx, request, response).to(request)
}

/// Takes back cookies of our names that a browser has twice. The second is a script's of the app, which can set one in the
/// jar of the page's own partition (CHIPS): beside it ours counts for nothing, and no sign-in or sign-out would clear it.
fn without_twins(cx: &Context<'_>, request: &Request, response: Response) -> Response {
    let twice = [cx.config.site.cookie(), BROWSER_COOKIE, INVITATION_COOKIE, RESET_COOKIE, EMAIL_COOKIE]
        .into_iter()
        .filter(|name| request.cookies(name).nth(1).is_some());
    twice.fold(response, |response, name| {
        response.with("set-cookie", format!("{name}=; Path=/; Secure; SameSite=None; Partitioned; Max-Age=0"))
    })
}

struct Face<'a> {
    cx: &'a Context<'a>,
    request: &'a Request,
    nonce: &'a str,
    language: Language,
    held: Vec<(String, String)>,
    for_proxy: bool,
}

impl Face<'_> {
    fn page(&self, outcome: Outcome) -> Result<Response, Fault> {
        let request = self.request;
        Ok(match outcome {
            Outcome::Form(page) => self.html(200, page.as_ref(), None)?,
            Outcome::Moved(moved) => {
                let to = match (moved.next, moved.recovery_codes_left) {
                    // Whoever has lost the phone sets the new one up at once.
                    (Step::Done, Some(_)) => with_return_to(&self.stage(Step::Enrol), &moved.return_to),
                    (Step::Done, None) if moved.codes_due => self.kept_path(&moved.return_to),
                    (Step::Done, None) => moved.return_to.clone(),
                    (step, _) => onward(&self.stage(step), &moved.return_to),
                };
                self.with_session(Response::see_other(&to), &moved)
            }
            Outcome::Afterwards(moved, _) => self.page(Outcome::Moved(moved))?,
            Outcome::RecoveryCodes(_, moved) => {
                let return_to = moved.as_ref().map(|moved| moved.return_to.clone());
                let return_to = return_to.unwrap_or_else(|| self.cx.config.own_page());
                let response = Response::see_other(&with_return_to(&self.own(flows::RECOVERY_CODES), &return_to));
                match &moved {
                    Some(moved) => self.with_session(response, moved),
                    None => response,
                }
            }
            Outcome::Sessions(_) => Response::see_other(&self.own("/profile#sessions")),
            Outcome::Done(to) => Response::see_other(&to),
            Outcome::Cookie { name, value, max_age_s, to } => {
                Response::see_other(&to).with_cookie(name, &value, Some(max_age_s))
            }
            Outcome::SignedOut => {
                let to = format!("{}?why={}", self.own("/login"), Why::SignedOut.code());
                signed_out(self.cx, Response::see_other(&to))
            }
            outcome @ (Outcome::Elsewhere(_) | Outcome::ReauthRequired(_)) if !request.is_navigation() => {
                self.json(outcome)?
            }
            Outcome::Elsewhere(step) if self.is_apart() => self.apart(elsewhere(step), self.stage_path(step))?,
            Outcome::ReauthRequired(back) if self.is_apart() => {
                self.apart(reauth_required(), with_return_to(&self.own("/reauth"), &back))?
            }
            Outcome::Elsewhere(step) => Response::see_other(&self.stage_path(step)),
            Outcome::ReauthRequired(back) => Response::see_other(&with_return_to(&self.own("/reauth"), &back)),
            Outcome::Refused(problem, page) => {
                self.html(problem.status, page.as_ref(), Some(&problem))?.retry_after(&problem)
            }
            // By a reload, or the way back: to the page where the button is.
            Outcome::MethodNotAllowed(_) if let Some(page) = self.page_of_button() => Response::see_other(&page),
            Outcome::MethodNotAllowed(allow) => {
                self.html(405, &pages::Message {}, Some(&Problem::method_not_allowed()))?.with("allow", allow)
            }
            outcome @ (Outcome::Session(_) | Outcome::Healthy | Outcome::AuditKeys(_) | Outcome::Asset(_)) => {
                self.json(outcome)?
            }
        })
    }

    fn json(&self, outcome: Outcome) -> Result<Response, Fault> {
        Ok(match outcome {
            Outcome::Form(page) => page.json(self.language),
            Outcome::Moved(moved) => {
                let Moved { recovery_codes_left, codes_due, .. } = moved;
                let body =
                    MovedBody { recovery_codes_left, codes_due, ..MovedBody::to(moved.next.name(), &moved.return_to) };
                self.with_session(Response::json(200, &body), &moved)
            }
            Outcome::Afterwards(moved, _) => self.json(Outcome::Moved(moved))?,
            Outcome::RecoveryCodes(codes, moved) => {
                let recovery_codes = Some(codes.iter().map(|code| code.as_str()).collect());
                match moved {
                    Some(moved) => {
                        let body = MovedBody { recovery_codes, ..MovedBody::to(moved.next.name(), &moved.return_to) };
                        self.with_session(Response::json(200, &body), &moved)
                    }
                    None => Response::json(200, &MovedBody { recovery_codes, ..MovedBody::default() }),
                }
            }
            Outcome::Session(session) => Response::json(200, &SessionBody::from(session.as_ref())),
            Outcome::Sessions(sessions) => Response::json(200, &SessionsBody::new(&sessions, self.language.texts())),
            Outcome::Done(_) => Response::empty(204),
            Outcome::Cookie { name, value, max_age_s, .. } => {
                Response::empty(204).with_cookie(name, &value, Some(max_age_s))
            }
            Outcome::SignedOut => signed_out(self.cx, Response::empty(204)),
            Outcome::Elsewhere(step) => self.problem(&elsewhere(step).login_at(self.url(&self.stage_path(step)))),
            Outcome::ReauthRequired(back) => {
                self.problem(&reauth_required().login_at(self.url(&with_return_to(&self.own("/reauth"), &back))))
            }
            Outcome::Refused(problem, _) => self.problem(&problem),
            Outcome::MethodNotAllowed(allow) => self.problem(&Problem::method_not_allowed()).with("allow", allow),
            Outcome::Healthy => Response::json(200, &HealthBody { status: "ok" }),
            Outcome::AuditKeys(keys) => Response::json(200, &keys),
            Outcome::Asset(asset) => asset.response(self.cx.config.accent.as_ref()),
        })
    }

    fn with_session(&self, response: Response, moved: &Moved) -> Response {
        with_session(self.cx, response, moved)
    }

    fn problem(&self, problem: &Problem) -> Response {
        let response = Response::problem(problem, self.language);
        match problem.login_url.as_deref().filter(|_| self.for_proxy && self.request.is_navigation()) {
            Some(url) => response.with("airlock-login", url),
            None => response,
        }
    }

    /// Where a browser goes that is in this stage, with where it wanted to go and, if it held a session, why that is not enough.
    fn stage_path(&self, step: Option<Step>) -> String {
        // Another tab may have signed in where this one was sent to the login.
        if step == Some(Step::Done) {
            return flows::return_to(self.cx, self.request);
        }
        let to = onward(&self.stage(step.unwrap_or(Step::Refuse)), &self.wanted());
        let (Some(why), None) = (self.why(), step) else { return to };
        let separator = if to.contains('?') { '&' } else { '?' };
        format!("{to}{separator}why={}", why.code())
    }

    /// Why whoever held a session has none: by its cookie, or by a form of a page that was made for one.
    fn why(&self) -> Option<Why> {
        let (cx, request) = (self.cx, self.request);
        let held = request.cookie(cx.config.site.cookie()).is_some();
        if !held && cx.form.is_none() {
            return None;
        }
        Some(match cx.config.prefix.within(&request.path) {
            Some("/verify" | "/recovery") if held => Why::Time,
            Some("/verify" | "/recovery") => Why::Ended,
            Some(_) if request.read_as() != "GET" => Why::Unsaved,
            None if request.read_as() != "GET" && cx.config.site == Site::Admin => Why::Unsaved,
            _ => Why::Ended,
        })
    }

    /// The page with the button that a person's browser asks for as if it were a page.
    fn page_of_button(&self) -> Option<String> {
        let asked = self.request.read_as() == "GET" && self.request.is_navigation();
        Some(flows::own_page_of(self.cx, self.request)).filter(|page| asked && page != "/")
    }

    /// Where this request was to lead: to this page, or that of the form it was sent by, or where that says.
    fn wanted(&self) -> String {
        let (cx, request) = (self.cx, self.request);
        let field = |name| request.held_fields().into_iter().find(|(n, _)| n == name).map(|(_, value)| value);
        if cx.config.prefix.within(&request.path).is_some() {
            let sent = || field("return_to").map(|path| same_origin_path(&cx.config.prefix, &path));
            let asked = request.return_to(&cx.config.prefix).or_else(sent);
            return asked.unwrap_or_else(|| flows::own_page_of(cx, request));
        }
        // Each form of the admin's pages is sent to the address of a page.
        if cx.config.site == Site::Admin && request.read_as() != "GET" && request.wants_html() {
            let account = field("account").map(|account| format!("?{}", encoded(&[("account", &account)])));
            return same_origin_path(&cx.config.prefix, &(request.path.clone() + &account.unwrap_or_default()));
        }
        let from = request.came_from(cx.config);
        if cx.config.prefix.within(&from).is_some() { "/".to_owned() } else { from }
    }

    /// The page of a stage.
    fn stage(&self, step: Step) -> String {
        match step {
            Step::Refuse => self.own("/login"),
            Step::Verify => self.own("/verify"),
            Step::Enrol => self.own("/enrol"),
            Step::Done => "/".to_owned(),
        }
    }

    /// By way of showing that the recovery codes were kept.
    fn kept_path(&self, return_to: &str) -> String {
        with_return_to(&self.own("/recovery-codes/kept"), return_to)
    }

    fn own(&self, path: &str) -> String {
        self.cx.config.prefix.path(path)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.cx.config.origin)
    }

    fn policy(&self, forms: bool, framed: bool) -> String {
        content_security_policy(Some(self.nonce), self.cx.config.images(), forms, framed)
    }

    /// Where another choice of language leads back to: this page, or for the answer to a form the page it was on. Going
    /// back to what is shown only once would lose it.
    fn here(&self, page: &dyn Page) -> Option<String> {
        let address = page.address(&self.request.path)?;
        Some(if self.request.read_as() == "GET" { self.request.target() } else { address })
    }

    fn html(&self, status: u16, page: &dyn Page, problem: Option<&Problem>) -> Result<Response, Fault> {
        let frame = Frame {
            site_name: &self.cx.config.site_name,
            prefix: &self.cx.config.prefix,
            nonce: self.nonce,
            problem: problem.map(|problem| self.language.say(problem.message)),
            until: match problem {
                Some(problem) => pages::until(problem, self.cx.now, self.language)?,
                None => String::new(),
            },
            accent: self.cx.config.accent.as_ref(),
            logo: self.cx.config.logo.as_ref().map(|logo| logo.src.as_str()),
            forgot: self.cx.config.mail_from.as_ref().map(|_| match self.cx.config.site {
                Site::Edge => self.own(flows::FORGOT),
                Site::Admin => format!("{}{}", self.cx.config.edge_origin, self.own(flows::FORGOT)),
            }),
            admin: self.cx.config.site == Site::Admin,
            language: self.language,
            here: self.here(page),
        };
        let response = Response::html(status, page.html(&frame)?);
        let response = match page.needs_cookies() && self.request.cookies(PROBE_COOKIE).next().is_none() {
            true => response.with_cookie(PROBE_COOKIE, "1", None),
            false => response,
        };
        Ok(match page.leads_on() {
            true => response.with("content-security-policy", self.policy(false, false)),
            false => response,
        })
    }

    /// Whether going to sign in would lose what this request for the app brings, or not be shown where it is asked for.
    fn is_apart(&self) -> bool {
        let request = self.request;
        let for_the_app = self.cx.config.site == Site::Edge && self.cx.config.prefix.within(&request.path).is_none();
        for_the_app && (request.read_as() != "GET" || request.is_framed())
    }

    /// Says so, with a way to sign in that leaves it where it is.
    fn apart(&self, problem: Problem, to: String) -> Result<Response, Fault> {
        let posted = self.request.read_as() != "GET";
        let message = match posted {
            true if !self.held.is_empty() => Message::FormHeld,
            true => Message::NothingSaved,
            false => Message::SignInApart,
        };
        let from = match self.request.is_same_origin(&self.cx.config.origin) {
            true => None,
            false => Some(self.request.header("origin").filter(|from| *from != "null").unwrap_or_default().to_owned()),
        };
        let page = pages::Apart { to, again: problem.status == 403, fields: self.held.clone(), from };
        let response = self.html(problem.status, &page, Some(&Problem { message, ..problem }))?;
        Ok(match self.request.is_framed() {
            true => {
                response.with("content-security-policy", self.policy(true, true)).with("x-frame-options", "SAMEORIGIN")
            }
            false => response,
        })
    }
}

/// The answer to a form that waited for its session to move on, with the cookies of that. What the answer says of them counts.
pub fn moved_first(cx: &Context<'_>, moved: &Moved, mut response: Response) -> Response {
    let cookies = with_session(cx, Response::empty(200), moved).headers;
    response.headers.splice(..0, cookies);
    response
}

/// The same, of a session that moved on.
fn with_session(cx: &Context<'_>, response: Response, moved: &Moved) -> Response {
    let response = response.with_cookie(cx.config.site.cookie(), moved.token.expose(), None);
    match &moved.browser {
        Some(browser) => response.with_cookie(BROWSER_COOKIE, browser.expose(), Some(BROWSER_COOKIE_MAX_AGE_S)),
        None => response,
    }
}

/// Signing out takes the session's cookie back, and those of links; the one of a known browser opens nothing and stays. What
/// the app has kept in the browser goes too where the operator says so.
fn signed_out(cx: &Context<'_>, response: Response) -> Response {
    let response = match cx.config.site {
        Site::Edge => [INVITATION_COOKIE, RESET_COOKIE, EMAIL_COOKIE]
            .into_iter()
            .fold(response, |response, name| response.with_cookie(name, "", Some(0))),
        Site::Admin => response,
    };
    let response = response.with_cookie(cx.config.site.cookie(), "", Some(0));
    match cx.config.sign_out_clears {
        true => response.with("clear-site-data", "\"cache\", \"storage\""),
        false => response,
    }
}
