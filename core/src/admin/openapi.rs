//! The OpenAPI document of the routes. Only a test makes it, to keep `openapi.json` true; the Worker serves that file.

use serde_json::Value;
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        Components, Content, HttpMethod, InfoBuilder, LicenseBuilder, Object, ObjectBuilder, OpenApiBuilder, Paths,
        Ref, RefOr, Required, ResponseBuilder, Schema, SecurityRequirement, Server, Type,
        header::HeaderBuilder,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::ArrayItems,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{
    ROUTES,
    api::{
        Accounts, Audit, AuditKeys, Invited, MadeServiceToken, MadeToken, NewExemption, NewServiceToken, NewToken,
        NewUser, Preview, ResetDone, ServiceTokens, Tokens, TwoFactor, TwoFactorChange, User, UserChange, Users,
    },
    audit, members, preview,
    routes::{Api, Endpoint, Who},
};
use crate::{
    people::{caller::Scope, session::Site},
    web::{ProblemBody, router::Route},
};

const ABOUT: &str = "Require two-factor login of an account, see who has it, reset a lost authenticator, keep its members. \
    For its owners and admins, who call by session or by API token. A token is worth what its maker is worth at that \
    moment, within its scopes, and makes members only, never admins or owners. It ends for good with that power. What changes something by a session must come from a page of this site: \
    `Sec-Fetch-Site: same-origin`, or this site's `Origin`. Another account's ids answer 404. `HEAD` is answered \
    wherever `GET` is.";

const FRESH: &str = " A session must have proven password and code within five minutes, else 403 `reauth_required`.";

/// How a caller says who it is.
const SESSION: &str = "session";
const TOKEN: &str = "token";

/// What [`canonical_name`](crate::people::names::canonical_name) refuses anywhere in a name.
macro_rules! unseen {
    () => {
        concat!(
            r"\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f",
            r"\u2800\u3164\ufeff\uffa0\ufff0-\ufffb",
            "\u{1d173}-\u{1d17a}\u{e0000}-\u{e007f}"
        )
    };
}

/// None of that, and not only spaces.
const PLAIN: &str = concat!("^[^", unseen!(), r"]*[^\s\u200c\u200d", unseen!(), "][^", unseen!(), "]*$");

/// As [`canonical_email`](crate::people::names::canonical_email) has it.
const EMAIL: &str = concat!(
    r"^[ \t\r\n]*(?![^@]{65})[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*",
    r"@[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?)*[ \t\r\n]*$"
);

/// What a service token's paths, and methods, are at least.
const PATH: &str = "^/[!-~]{0,199}$";
const METHOD: &str = r"^(\*|[A-Z\-]{1,32})$";

/// Schemas by name.
type Schemas = Vec<(String, RefOr<Schema>)>;

/// What is told of a route beside its method, its path and what it needs.
struct Told {
    id: &'static str,
    summary: &'static str,
    query: Vec<Parameter>,
    body: Option<RefOr<Schema>>,
    status: u16,
    answer: Option<RefOr<Schema>>,
    answered: String,
    media: &'static str,
    schemas: Schemas,
}

impl Told {
    /// A route that takes nothing and answers an empty 204, unless more is told.
    fn new(id: &'static str, summary: &'static str) -> Self {
        let answered = "Done.".to_owned();
        let (media, query, schemas) = ("application/json", Vec::new(), Vec::new());
        Self { id, summary, query, body: None, status: 204, answer: None, answered, media, schemas }
    }

    fn asks<Q: IntoParams>(self) -> Self {
        Self { query: Q::into_params(|| None), ..self }
    }

    fn takes<B: ToSchema>(mut self) -> Self {
        self.schemas.extend(shapes::<B>().into_iter().map(plainly));
        Self { body: Some(reference::<B>()), ..self }
    }

    fn answers<A: ToSchema>(mut self, status: u16) -> Self {
        self.schemas.extend(shapes::<A>().into_iter().map(whole));
        let answered = match A::schema() {
            RefOr::T(Schema::Object(object)) => object.description.unwrap_or_default(),
            _ => String::new(),
        };
        Self { status, answer: Some(reference::<A>()), answered, ..self }
    }
}

/// What is told of each route: one that is left out does not compile.
fn told(endpoint: Endpoint) -> Told {
    match endpoint {
        Endpoint::OpenApi => Told {
            status: 200,
            answer: Some(Object::with_type(Type::Object).into()),
            answered: "OpenAPI 3.1.".to_owned(),
            ..Told::new("readOpenApi", "This document")
        },
        Endpoint::Accounts => Told::new("listAccounts", "List the accounts one administers").answers::<Accounts>(200),
        Endpoint::PolicyRead => {
            Told::new("readPolicy", "See whether the account requires two-factor login, and who has it")
                .answers::<TwoFactor>(200)
        }
        Endpoint::PolicyWrite => Told::new("setPolicy", "Require two-factor login of every member, or no longer")
            .takes::<TwoFactorChange>()
            .answers::<TwoFactor>(200),
        Endpoint::Preview => Told::new(
            "previewPolicy",
            "See whom requiring two-factor login would stop: as a table too, with `Accept: text/csv`",
        )
        .asks::<preview::Query>()
        .answers::<Preview>(200),
        Endpoint::Users => Told::new("listUsers", "List the members").asks::<members::Query>().answers::<Users>(200),
        Endpoint::UsersTable => Told {
            status: 200,
            answered: "A table (RFC 4180) of up to 5,000 members, and in `Link` where the next one is.".to_owned(),
            media: "text/csv",
            answer: Some(Object::with_type(Type::String).into()),
            ..Told::new("listUsersAsTable", "List the members as a table")
        }
        .asks::<members::Query>(),
        Endpoint::Invite => {
            Told::new("inviteUser", "Invite someone, for seven days").takes::<NewUser>().answers::<Invited>(201)
        }
        Endpoint::ChangeUser => Told::new("changeUser", "Change a member's role or name, deactivate or activate them")
            .takes::<UserChange>()
            .answers::<User>(200),
        Endpoint::RemoveUser => Told::new("removeUser", "Remove a member, or withdraw an invitation"),
        Endpoint::Reset => {
            Told::new("resetTwoFactor", "Take a member's second factor away, to be set up again at login")
                .answers::<ResetDone>(200)
        }
        Endpoint::Exempt => Told::new("exemptUser", "Let a member go without two-factor login until a day")
            .takes::<NewExemption>()
            .answers::<User>(200),
        Endpoint::EndExemption => Told::new("endExemption", "End a member's exemption"),
        Endpoint::RestorePassword => {
            Told::new("restorePassword", "Make a member's password work again after \"This was not me\"")
        }
        Endpoint::Audit => {
            Told::new("listAudit", "List who did what to whom").asks::<audit::Query>().answers::<Audit>(200)
        }
        Endpoint::AuditKeys => {
            Told::new("listAuditKeys", "List the public keys that exports of the audit are checked by")
                .answers::<AuditKeys>(200)
        }
        Endpoint::Tokens => Told::new("listTokens", "List the API tokens").answers::<Tokens>(200),
        Endpoint::MakeToken => {
            Told::new("makeToken", "Make an API token").takes::<NewToken>().answers::<MadeToken>(201)
        }
        Endpoint::RevokeToken => Told::new("revokeToken", "Revoke an API token"),
        Endpoint::ServiceTokens => {
            Told::new("listServiceTokens", "List the service tokens").answers::<ServiceTokens>(200)
        }
        Endpoint::MakeServiceToken => {
            Told::new("makeServiceToken", "Make a service token, for a program to get past the gate")
                .takes::<NewServiceToken>()
                .answers::<MadeServiceToken>(201)
        }
        Endpoint::RevokeServiceToken => Told::new("revokeServiceToken", "Revoke a service token"),
    }
}

/// What stands in a path under this name: what it is, and one of the demo account.
fn in_path(name: &str) -> Parameter {
    let (description, example) = match name {
        "account" => ("The account's id.", Some(Value::from("acme"))),
        "user" => ("The user's id.", Some(Value::from("mia"))),
        "token" => ("The token's id, which is no part of its value.", None),
        _ => ("", None),
    };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(Object::with_type(Type::String)))
        .example(example)
        .build()
}

/// Who may call: in words, and as security schemes of which one is enough.
fn callers(route: &Route<Api>) -> (String, Vec<SecurityRequirement>) {
    let session = SecurityRequirement::new(SESSION, [""; 0]);
    let any_token = SecurityRequirement::new(TOKEN, [""; 0]);
    let need = match route.endpoint.who {
        Who::Anyone => return ("For anyone.".to_owned(), Vec::new()),
        Who::EveryCaller => return ("For sessions, and for every token.".to_owned(), vec![any_token, session]),
        Who::May(need) => need,
    };
    let (who, schemes) = match Scope::of(need.permission) {
        Some(scope) => {
            let token = SecurityRequirement::new(TOKEN, [scope.name()]);
            (format!("For sessions, and for tokens with the scope `{}`.", scope.name()), vec![token, session])
        }
        None => ("For sessions; no token will do.".to_owned(), vec![session]),
    };
    (who + if need.fresh { FRESH } else { "" }, schemes)
}

fn reference<T: ToSchema>() -> RefOr<Schema> {
    Ref::from_schema_name(T::name()).into()
}

/// The schema of a type, and all that it refers to.
fn shapes<T: ToSchema>() -> Schemas {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    schemas
}

/// What is answered has every field, null or not.
fn whole((name, mut schema): (String, RefOr<Schema>)) -> (String, RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.required = object.properties.keys().cloned().collect();
    }
    (name, schema)
}

/// What is taken as a name or as an address has the form of one.
fn plainly((name, mut schema): (String, RefOr<Schema>)) -> (String, RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        for (property, pattern) in [("name", PLAIN), ("email", EMAIL)] {
            if let Some(RefOr::T(Schema::Object(text))) = object.properties.get_mut(property) {
                text.pattern = Some(pattern.to_owned());
            }
        }
        for (property, pattern) in [("paths", PATH), ("methods", METHOD)] {
            if let Some(RefOr::T(Schema::Array(list))) = object.properties.get_mut(property) {
                let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
                list.items = ArrayItems::RefOrSchema(Box::new(text.into()));
            }
        }
    }
    (name, schema)
}

fn operation(route: &Route<Api>, told: Told) -> OperationBuilder {
    let (callers, schemes) = callers(route);
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut success = ResponseBuilder::new().description(told.answered);
    if let Some(answer) = told.answer {
        success = success.content(told.media, Content::new(Some(answer)));
    }
    let body = told.body.map(|body| {
        let content = Content::new(Some(body));
        RequestBodyBuilder::new().content("application/json", content).required(Some(Required::True)).build()
    });
    OperationBuilder::new()
        .operation_id(Some(told.id))
        .summary(Some(told.summary))
        .description(Some(callers))
        .parameters(Some(names.map(in_path).chain(told.query)))
        .request_body(body)
        .response(told.status.to_string(), success)
        .response("default", Ref::from_response_name("Problem"))
        .securities(Some(schemes))
}

/// The document, as it is kept in `openapi.json`.
///
/// # Errors
/// It cannot be written as JSON.
pub fn document() -> Result<String, serde_json::Error> {
    let (mut paths, mut schemas) = (Paths::new(), shapes::<ProblemBody>());
    for route in &ROUTES {
        let mut told = told(route.endpoint.endpoint);
        schemas.append(&mut told.schemas);
        let method = match route.method {
            "GET" => HttpMethod::Get,
            "PUT" => HttpMethod::Put,
            "POST" => HttpMethod::Post,
            "PATCH" => HttpMethod::Patch,
            _ => HttpMethod::Delete,
        };
        paths.add_path_operation(route.path, vec![method], operation(route, told));
    }
    let header = |schema, description| HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build();
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build();
    let problem = ResponseBuilder::new()
        .description("Why not.")
        .content("application/problem+json", Content::new(Some(reference::<ProblemBody>())))
        .header("Retry-After", header(seconds, "With 429 and 503: seconds until it is worth trying again."))
        .header("Allow", header(Object::with_type(Type::String), "With 405: the methods that are answered."));
    let session = ApiKeyValue::with_description(Site::Admin.cookie(), "Begun by signing in, as a browser does.");
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API token."));
    let components = Components::builder()
        .schemas_from_iter(schemas)
        .response("Problem", problem)
        .security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(session)))
        .security_scheme(TOKEN, SecurityScheme::Http(token.build()));
    let license = env!("CARGO_PKG_LICENSE");
    let info = InfoBuilder::new()
        .title("Airlock admin API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(LicenseBuilder::new().name(license).identifier(Some(license)).build()));
    let document = OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/api/v1")]))
        .paths(paths)
        .components(Some(components.build()))
        .build();
    // What cannot be seen is not in a file that people read.
    let escaped = |c: char| match c.is_ascii() {
        true => c.to_string(),
        false => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    // A line for each thing that is said, so that a change shows; indentation would be bytes of the Worker.
    let lines: String = document.to_pretty_json()?.lines().flat_map(|line| [line.trim_start(), "\n"]).collect();
    Ok(lines.chars().map(escaped).collect())
}
