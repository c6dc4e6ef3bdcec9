//! The admin's pages, a file each: the HTML face of the same use cases. No script, a form for everything.

mod audit;
mod members;
mod service_tokens;
mod tokens;
mod two_factor;

use std::future::Future;

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Call, PAGE_MAX, TOKEN_PREFIX,
    api::{Account, User},
    credential, cursor, members as cases,
};
use crate::{
    context::Context,
    flows::{self, Shown, What},
    pages::{
        self,
        admin::{self, Frame, Listed, Page},
    },
    people::{
        Permission, Role,
        caller::{Caller, Need, Refusal},
        service::SERVICE_PREFIX,
    },
    policy::Applies,
    secret::Token,
    store::{self, API_TOKEN, Credential, INVITATION, Kept, SERVICE_TOKEN},
    texts::{AdminTexts, Language, Message},
    web::{
        self, Problem, Request, Response, Stop, done,
        router::{self, Fit, Route, route},
    },
};

/// The page of what is shown once.
const SHOWN: &str = "/shown";

const SETTINGS: &str = "/settings/security/two-factor";

/// Whom it would stop: as a page, and as a table.
const PREVIEW: &str = "/settings/security/two-factor/preview";
const PREVIEW_TABLE: &str = "/settings/security/two-factor/preview.csv";

/// Members as a table.
const MEMBERS_TABLE: &str = "/members.csv";

/// Looking at things.
const fn to_see(permission: Permission) -> Need {
    Need { permission, fresh: false }
}

/// Changing things, or coming to a page whose only button does.
const fn to_change(permission: Permission) -> Need {
    Need { permission, fresh: true }
}

/// What the address of a page may ask for.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Query {
    account: String,
    two_factor: String,
    q: String,
    cursor: String,
    actor: String,
    target: String,
    action: String,
    applies: Applies,
    starts_at: String,
    done: String,
    by: String,
    after: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountField {
    account: String,
    /// What it is about, as its page calls it.
    #[serde(default)]
    name: String,
    #[serde(rename = "key")]
    _key: Option<String>,
}

/// A request for a page, and who makes it.
struct Visit<'a> {
    cx: &'a Context<'a>,
    request: &'a Request,
    credential: Credential,
    language: Language,
}

/// What a page of [`PAGES`] is.
#[derive(Clone, Copy, Debug)]
pub enum Endpoint {
    Start,
    Settings,
    SetPolicy,
    ConfirmPolicy,
    Preview,
    PreviewTable,
    Members,
    MembersTable,
    Invite,
    Member,
    ChangeMember,
    ConfirmReset,
    Reset,
    ConfirmRemoval,
    Remove,
    Exempt,
    EndExemption,
    MemberOfButton,
    RestorePassword,
    Shown,
    Audit,
    Export,
    Tokens,
    MakeToken,
    TokenToRevoke,
    RevokeToken,
    ServiceTokens,
    MakeServiceToken,
    ServiceTokenToRevoke,
    RevokeServiceToken,
}

/// Every page.
pub const PAGES: &[Route<Endpoint>] = &[
    route("GET", "/", Endpoint::Start),
    route("GET", "/settings", Endpoint::Start),
    route("GET", "/settings/security", Endpoint::Start),
    route("GET", SETTINGS, Endpoint::Settings),
    route("POST", SETTINGS, Endpoint::SetPolicy),
    route("GET", "/settings/security/two-factor/change", Endpoint::ConfirmPolicy),
    route("GET", PREVIEW, Endpoint::Preview),
    route("GET", PREVIEW_TABLE, Endpoint::PreviewTable),
    route("GET", "/members", Endpoint::Members),
    route("GET", MEMBERS_TABLE, Endpoint::MembersTable),
    route("POST", "/members", Endpoint::Invite),
    route("GET", "/members/{id}", Endpoint::Member),
    route("POST", "/members/{id}", Endpoint::ChangeMember),
    route("GET", "/members/{id}/reset", Endpoint::ConfirmReset),
    route("POST", "/members/{id}/reset", Endpoint::Reset),
    route("GET", "/members/{id}/remove", Endpoint::ConfirmRemoval),
    route("POST", "/members/{id}/remove", Endpoint::Remove),
    route("GET", "/members/{id}/exempt", Endpoint::MemberOfButton),
    route("POST", "/members/{id}/exempt", Endpoint::Exempt),
    route("GET", "/members/{id}/end-exemption", Endpoint::MemberOfButton),
    route("POST", "/members/{id}/end-exemption", Endpoint::EndExemption),
    route("GET", "/members/{id}/restore-password", Endpoint::MemberOfButton),
    route("POST", "/members/{id}/restore-password", Endpoint::RestorePassword),
    route("GET", SHOWN, Endpoint::Shown),
    route("GET", "/audit", Endpoint::Audit),
    route("GET", "/audit/export", Endpoint::Export),
    route("GET", "/tokens", Endpoint::Tokens),
    route("POST", "/tokens", Endpoint::MakeToken),
    route("GET", "/tokens/{id}/revoke", Endpoint::TokenToRevoke),
    route("POST", "/tokens/{id}/revoke", Endpoint::RevokeToken),
    route("GET", "/service-tokens", Endpoint::ServiceTokens),
    route("POST", "/service-tokens", Endpoint::MakeServiceToken),
    route("GET", "/service-tokens/{id}/revoke", Endpoint::ServiceTokenToRevoke),
    route("POST", "/service-tokens/{id}/revoke", Endpoint::RevokeServiceToken),
];

/// Answers a request for a page.
pub(super) async fn answer(cx: &Context<'_>, request: &Request) -> Result<Response, Stop> {
    let found = router::find(PAGES, request, &request.path)?.ok_or_else(Problem::not_found)?;
    let visit = Visit { cx, request, credential: credential(cx, request)?, language: request.language() };
    let id = found.parameter(0);
    match found.route.endpoint {
        Endpoint::Start => Ok(Response::see_other(SETTINGS).secured(cx.config, None)),
        Endpoint::Settings => visit.settings(visit.query()?, None).await,
        Endpoint::SetPolicy => visit.policy().await,
        Endpoint::ConfirmPolicy => visit.confirm_policy(visit.query()?).await,
        Endpoint::Preview => visit.preview(visit.query()?).await,
        Endpoint::PreviewTable => visit.preview_table(visit.query()?).await,
        Endpoint::Members => visit.members(visit.query()?, None).await,
        Endpoint::MembersTable => visit.members_table(visit.query()?).await,
        Endpoint::Invite => visit.invite().await,
        Endpoint::Member => visit.member(id, visit.query()?, None).await,
        Endpoint::ChangeMember => visit.change(id).await,
        Endpoint::ConfirmReset => visit.confirm(id, true).await,
        Endpoint::Reset => visit.reset(id).await,
        Endpoint::ConfirmRemoval => visit.confirm(id, false).await,
        Endpoint::Remove => visit.remove(id).await,
        Endpoint::MemberOfButton => {
            Ok(Response::see_other(&format!("/members/{id}?{}", request.query)).secured(cx.config, None))
        }
        Endpoint::Exempt => visit.exempt(id).await,
        Endpoint::EndExemption => visit.end_exemption(id).await,
        Endpoint::RestorePassword => visit.restore_password(id).await,
        Endpoint::Shown => visit.shown(visit.query()?).await,
        Endpoint::Audit => visit.audit(visit.query()?).await,
        Endpoint::Export => visit.export(visit.query()?).await,
        Endpoint::Tokens => visit.tokens(visit.query()?, None).await,
        Endpoint::MakeToken => visit.make_token().await,
        // Nothing to see: whoever signs in again after a click on "Revoke" comes back to the list.
        Endpoint::TokenToRevoke => {
            Ok(Response::see_other(&format!("/tokens?{}", request.query)).secured(cx.config, None))
        }
        Endpoint::RevokeToken => visit.revoke_token(id).await,
        Endpoint::ServiceTokens => visit.service_tokens(visit.query()?, None).await,
        Endpoint::MakeServiceToken => visit.make_service_token().await,
        Endpoint::ServiceTokenToRevoke => {
            Ok(Response::see_other(&format!("/service-tokens?{}", request.query)).secured(cx.config, None))
        }
        Endpoint::RevokeServiceToken => visit.revoke_service_token(id).await,
    }
}

/// A form that was refused: why, and what was typed.
type Refused<T> = Option<(Problem, T)>;

impl Visit<'_> {
    fn t(&self) -> &'static AdminTexts {
        self.language.admin_texts()
    }

    fn query(&self) -> Result<Query, Stop> {
        Ok(self.request.query_fields()?)
    }

    fn fields<T: DeserializeOwned>(&self) -> Result<T, Stop> {
        Ok(self.request.fields()?)
    }

    fn call<'c>(&'c self, account_id: &'c str, need: Need) -> Call<'c> {
        Call::new(self.cx, &self.credential, account_id, need)
    }

    /// Goes to the same page for an account by name, if the address names none.
    async fn named(&self, query: &Query) -> Result<Option<Response>, Stop> {
        if !query.account.is_empty() {
            return Ok(None);
        }
        let caller = Caller::admitted(store::caller(self.cx, &self.credential).await?, false)?;
        let first = caller.administered().next().ok_or(Refusal::NotFound)?;
        let separator = if self.request.query.is_empty() { "" } else { "&" };
        let (path, query) = (&self.request.path, self.request.query.trim_start_matches("account="));
        let to = format!("{path}?{}{separator}{query}", encoded(&[("account", &first.account_id)]));
        Ok(Some(Response::see_other(&to).secured(self.cx.config, None)))
    }

    /// A page about an account, for a caller who administers it.
    fn page(
        &self,
        caller: &Caller,
        account_id: &str,
        section: &'static str,
        page: &dyn Page,
        done: Option<String>,
        problem: Option<&Problem>,
    ) -> Result<Response, Stop> {
        let nonce = pages::nonce(self.cx.rng)?;
        let accounts: Vec<Account> = caller.administered().map(Account::from).collect();
        let account = caller.membership(account_id)?.into();
        let frame = Frame {
            open: problem.is_some() || done.as_deref() == Some(self.t().confirmed),
            fresh: caller.fresh(self.cx.now),
            site_name: &self.cx.config.site_name,
            prefix: &self.cx.config.prefix,
            nonce: &nonce,
            accent: self.cx.config.accent.as_ref(),
            logo: self.cx.config.logo.as_ref().map(|logo| logo.src.as_str()),
            problem: problem.map(|problem| self.language.say(problem.message)),
            done,
            email: &caller.person().email,
            profile: format!("{}{}", self.cx.config.edge_origin, self.cx.config.prefix.path("/profile")),
            accounts,
            account: &account,
            section,
            language: self.language,
            here: match self.request.read_as() {
                "GET" => self.request.target(),
                _ => format!("{}?{}", self.request.path, encoded(&[("account", account_id)])),
            },
            key: self.cx.rng.id()?,
            mails: self.cx.config.mail_from.is_some(),
        };
        let response = Response::html(problem.map_or(200, |problem| problem.status), page.html(&frame)?);
        Ok(response.secured(self.cx.config, Some(&nonce)))
    }

    async fn users(&self, query: &Query, filter: &str) -> Result<(Caller, Listed<User>), Stop> {
        let list = cases::List::new(filter, &query.q, some(&query.cursor), PAGE_MAX)?;
        let (caller, rows, next) =
            cases::list(&self.call(&query.account, to_see(Permission::ReadUsers)), &list).await?;
        let next = next.map(|next| {
            let (account, two_factor, q) = (query.account.as_str(), filter, query.q.as_str());
            encoded(&[("account", account), ("two_factor", two_factor), ("q", q), ("cursor", &cursor(&next))])
        });
        Ok((caller, Listed { rows: rows.into_iter().map(User::from).collect(), next }))
    }

    /// What became of a form. One that was just done is not done again, and comes to the same; `None` then.
    async fn once<T>(&self, call: &Call<'_>, act: impl Future<Output = Result<T, Stop>>) -> Result<Option<T>, Stop> {
        match act.await {
            Ok(done) => Ok(Some(done)),
            // It may be what took the caller's power, and ended their session.
            Err(stop @ (Stop::Problem(_) | Stop::Refused(Refusal::Stage(None) | Refusal::NotFound))) => {
                let id = store::done_before(self.cx, self.credential.hash()).await?.ok_or(stop)?;
                call.session.get_or_init(|| id);
                Ok(None)
            }
            Err(stop) => Err(stop),
        }
    }

    /// What was made in this session within ten minutes and is shown once: by the form that the address names, or else the newest.
    async fn shown(&self, query: Query) -> Result<Response, Stop> {
        let Some(Kept { session, shown, .. }) = store::kept(self.cx, self.credential.hash()).await? else {
            return Err(Refusal::Stage(None).into());
        };
        let mut shown = flows::shown(self.cx, &session.id, shown.as_deref()).into_iter();
        Caller::admitted(Some(Caller::Session(Box::new(session))), false)?;
        let shown = shown.find(|shown| shown.of == query.account && (query.by.is_empty() || shown.by == query.by));
        let gone = |message| Problem::new(410, "gone", message);
        let Shown { what, values, .. } = shown.ok_or_else(|| gone(Message::NothingShown))?;
        let mut values = values.into_iter();
        let mut next = || values.next().unwrap_or_default();
        let (value, t) = (next(), self.t());
        let ((token, purpose, ended), (section, title, advice)) = match what {
            What::RecoveryCodes => return Err(gone(Message::NothingShown).into()),
            What::Invitation => {
                let (email, role) = (next(), next());
                let role = Role::ALL.into_iter().find(|known| known.name() == role).unwrap_or(Role::Member);
                let token = value.rsplit('/').next();
                (
                    (token, INVITATION, Message::LinkEnded),
                    ("members", t.invitation, t.invited(&email, t.role_in_text(role))),
                )
            }
            What::Token => {
                let token = value.strip_prefix(TOKEN_PREFIX);
                ((token, API_TOKEN, Message::TokenEnded), ("tokens", t.new_token, t.token_advice.to_owned()))
            }
            What::ServiceToken => {
                let token = value.strip_prefix(SERVICE_PREFIX);
                let page = ("service-tokens", t.new_service_token, t.service_token_advice.to_owned());
                ((token, SERVICE_TOKEN, Message::TokenEnded), page)
            }
        };
        // What was used, withdrawn or revoked since would only mislead. What counts is how the session is as that is read.
        let token_hash = Token::claimed(token.unwrap_or_default()).hash(purpose);
        let (session, good) = store::still_good(self.cx, self.credential.hash(), &token_hash).await?;
        let caller = Caller::admitted(session.map(|session| Caller::Session(Box::new(session))), false)?;
        if !good {
            return Err(gone(ended).into());
        }
        self.page(&caller, &query.account, section, &admin::Once { title, value, advice }, None, None)
    }

    /// What was done in the caller's session, if the address does not just claim it.
    fn done<'q>(&self, caller: &Caller, query: &'q Query) -> Option<&'q str> {
        let Caller::Session(session) = caller else { return None };
        done::read(&self.cx.config.pepper_keys, &session.id, &query.done)
    }

    /// What a page says after something was done, where it takes no more than that to say it.
    fn said(&self, caller: &Caller, query: &Query) -> Option<String> {
        let t = self.t();
        let Some(done) = self.done(caller, query) else {
            // The caller has proven again who they are, as the session shows: what was sent before that was not done.
            return (query.done == "confirmed" && caller.fresh(self.cx.now)).then(|| t.confirmed.to_owned());
        };
        Some(match done::parts(done) {
            ("changed", _) => t.saved.to_owned(),
            (_, "") => return None,
            (REMOVED, email) => t.removed_from_account(email),
            (WITHDRAWN, email) => t.invitation_withdrawn(email),
            (REVOKED, name) => t.revoked(name),
            (MAILED, email) => t.invitation_mailed(email),
            _ => return None,
        })
    }
}

/// What can be done to whom or what: a member or invitation by the address, a token by its name, a reset by the member's id.
const MAILED: &str = "mailed";
const REMOVED: &str = "removed";
const WITHDRAWN: &str = "withdrawn";
const REVOKED: &str = "revoked";
const RESET: &str = "reset";

/// On to a page that shows what was done, so that a reload does not do it again.
fn went(path: &str, call: &Call<'_>, done: Option<&str>) -> Response {
    let session_id = call.session.get().map_or("", String::as_str);
    let done = done.map(|done| done::seal(&call.cx.config.pepper_keys, session_id, done)).unwrap_or_default();
    Response::see_other(&format!("{path}?{}", encoded(&[("account", call.account_id), ("done", &done)])))
        .secured(call.cx.config, None)
}

/// On to the page of what was made by this form, which shows it once.
fn went_to_shown(call: &Call<'_>) -> Response {
    let by = flows::made_by(call.cx);
    Response::see_other(&format!("{SHOWN}?{}", encoded(&[("account", call.account_id), ("by", by)])))
        .secured(call.cx.config, None)
}

/// A page of ours to come back to after signing in or re-authenticating. A form that was sent is not sent again,
/// and not filled in either: an address that fills in forms would be a trap.
pub(super) fn back(request: &Request) -> String {
    if request.read_as() == "GET" {
        return request.target();
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct AnyForm {
        account: String,
    }
    let AnyForm { account } = request.fields().unwrap_or_default();
    format!("{}?{}", request.path, encoded(&[("account", &account), ("done", "confirmed")]))
}

/// What a form of these pages does, as its button says.
pub(super) fn about(request: &Request) -> &'static str {
    let t = request.language().admin_texts();
    match router::fitting(PAGES, &request.path, "POST") {
        Fit::Route(found) => match found.route.endpoint {
            Endpoint::Invite => t.invite_someone,
            Endpoint::SetPolicy => t.two_factor_authentication,
            Endpoint::ChangeMember => t.change_member,
            Endpoint::Reset => t.reset_two_factor,
            Endpoint::Remove => t.remove_member,
            Endpoint::RestorePassword => t.restore_password,
            Endpoint::Exempt => t.exempt,
            Endpoint::EndExemption => t.end_exemption,
            Endpoint::MakeToken | Endpoint::MakeServiceToken => t.make_token,
            Endpoint::RevokeToken | Endpoint::RevokeServiceToken => t.revoke,
            _ => "",
        },
        _ => "",
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let given: Vec<_> = fields.iter().copied().filter(|(_, value)| !value.is_empty()).collect();
    web::encoded(&given)
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// The roles a caller may give: the lowest first.
fn roles(caller: &Caller, account_id: &str) -> Result<Vec<Role>, Refusal> {
    let own = caller.membership(account_id)?.role;
    Ok(Role::ALL.into_iter().filter(|role| *role <= own).collect())
}
