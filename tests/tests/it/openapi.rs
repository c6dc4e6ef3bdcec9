//! The OpenAPI document says of the admin API all that is true, and nothing else.

use std::collections::BTreeSet;

use airlock::{
    admin::{ROUTES, openapi},
    ports::Now,
    web::Body,
};
use airlock_tests::{Answer, Browser, World, set_header};
use serde_json::{Value, json};

use crate::{
    access::{SCOPES, body},
    admin::owner,
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/src/admin/openapi.json");

fn document() -> Value {
    serde_json::from_str(&openapi::document().unwrap()).unwrap()
}

/// Every operation: method, path, what is said of it.
fn operations(document: &Value) -> Vec<(String, &String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| (method.to_uppercase(), path, operation))
        })
        .collect()
}

/// A world with a token to revoke: the owner, the token's id, and how to get back here.
fn prepared(world: &World) -> (Browser<'_>, String, Vec<u8>) {
    let owner = owner(world);
    let made = owner.post("/api/v1/accounts/acme/tokens", json!({ "name": "t", "scopes": ["users:read"] })).expect(201);
    let service = json!({ "name": "t", "paths": ["/api/*"], "methods": ["GET"] });
    owner.post("/api/v1/accounts/acme/service-tokens", service).expect(201);
    // Of the same name, so that a path can be filled in for both.
    world.db.execute("UPDATE service_tokens SET id = (SELECT id FROM api_tokens)", &[]);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    (owner, id, world.db.dump())
}

fn real(path: &str, token: &str) -> String {
    // Nobody is exempt who has it set up.
    let user = if path.ends_with("/exemption") { "mia" } else { "noor" };
    format!("/api/v1{path}").replace("{account}", "acme").replace("{user}", user).replace("{token}", token)
}

#[test]
fn the_document_is_what_the_code_says() {
    let made = openapi::document().unwrap();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        return std::fs::write(FILE, &made).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        made == kept,
        "the API changed; this rewrites its document: UPDATE_OPENAPI=1 cargo test -p airlock-tests openapi"
    );
    let world = World::new();
    assert!(world.admin().get("/api/v1/openapi.json").expect(200).0.body == kept, "anyone gets it");
}

#[test]
fn it_has_every_route_and_no_other() {
    let document = document();
    let told: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path.clone())).collect();
    let routes = ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    assert_eq!(told, routes);
}

#[test]
fn it_is_openapi_3_1() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let at = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{at}: operationId");
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{at}: summary");
        let parameters = operation["parameters"].as_array().unwrap();
        let keys: BTreeSet<_> = parameters.iter().map(|p| (p["in"].as_str(), p["name"].as_str())).collect();
        assert_eq!(keys.len(), parameters.len(), "{at}: a parameter twice");
        assert!(parameters.iter().all(|p| p["description"] != "" && p["required"] == (p["in"] == "path")), "{at}");
        let in_path =
            parameters.iter().filter(|p| p["in"] == "path").map(|p| format!("{{{}}}", p["name"].as_str().unwrap()));
        let named = path.split('/').filter(|part| part.starts_with('{'));
        assert!(in_path.eq(named), "{at}: the parameters of the path, in order");
        assert_eq!(operation["requestBody"].is_object(), !body(&method, path).is_empty(), "{at}: body");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.len() == 2 && responses.contains_key("default"), "{at}: success, and all else");
        assert!(responses.values().all(|r| r["$ref"].is_string() || r["description"] != ""), "{at}: descriptions");
        for scheme in operation["security"].as_array().into_iter().flatten().flat_map(|s| s.as_object().unwrap().keys())
        {
            assert!(document["components"]["securitySchemes"][scheme].is_object(), "{at}: {scheme}");
        }
    }
    // All that is referred to is there; nothing is there that is not referred to.
    let text = document.to_string();
    let referred: BTreeSet<&str> =
        text.split(r##""$ref":"#"##).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let there = ["schemas", "responses"].into_iter().flat_map(|kind| {
        document["components"][kind].as_object().unwrap().keys().map(move |name| format!("/components/{kind}/{name}"))
    });
    assert_eq!(referred.into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), there.collect());
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let open = name == "Problem" || schema["type"] != "object";
        assert_eq!(schema["additionalProperties"], if open { Value::Null } else { json!(false) }, "{name}");
    }
}

#[test]
fn each_path_answers_the_methods_it_documents_and_names_them_to_all_others() {
    let (document, world) = (document(), World::new());
    let (owner, token, before) = prepared(&world);
    for (path, item) in document["paths"].as_object().unwrap() {
        let documented: BTreeSet<String> =
            item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        for method in ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE"] {
            let answer = owner.send(&owner.request(method, &real(path, &token), body(method, path)));
            world.db.restore(&before);
            if documented.contains(if method == "HEAD" { "GET" } else { method }) {
                assert!((200..300).contains(&answer.0.status), "{method} {path}: {}", answer.0.body);
                continue;
            }
            let answer = answer.expect(405);
            if method == "HEAD" {
                assert_eq!(answer.0.body, "", "{path}");
            } else {
                assert_eq!(answer.json()["code"], "method_not_allowed", "{method} {path}");
            }
            let mut allowed: BTreeSet<String> =
                answer.header("allow").unwrap().split(", ").map(str::to_owned).collect();
            assert_eq!(allowed.remove("HEAD"), documented.contains("GET"), "{method} {path}");
            assert_eq!(allowed, documented, "{method} {path}");
        }
    }
}

#[test]
fn what_is_answered_is_as_documented() {
    let (document, world) = (document(), World::new());
    let (owner, token, before) = prepared(&world);
    let stranger = world.admin();
    for (method, path, operation) in operations(&document) {
        let ask = |who: &Browser<'_>, path: &str, body: &str| {
            let answer = who.send(&who.request(&method, path, body));
            world.db.restore(&before);
            answer
        };
        let real_path = real(path, &token);
        let mut answers = vec![ask(&owner, &real_path, body(&method, path))];
        assert_eq!(answers[0].0.status / 100, 2, "{method} {path}: {}", answers[0].0.body);
        if operation["security"] != json!([]) {
            answers.push(ask(&stranger, &real_path, "").expect(401));
        }
        if path.contains("{account}") {
            answers.push(ask(&owner, &real_path.replace("acme", "umbra"), body(&method, path)).expect(404));
        }
        if operation["requestBody"].is_object() {
            answers.push(ask(&owner, &real_path, r#"{"x":1}"#).expect(400));
        }
        for answer in answers {
            if let Err(why) = as_documented(&document, operation, &answer) {
                panic!("{method} {path}: {why}: {}", answer.0.body);
            }
        }
    }
}

#[test]
fn what_is_taken_is_as_documented() {
    let (document, world) = (document(), World::new());
    let (owner, token, before) = prepared(&world);
    for (method, path, operation) in operations(&document) {
        let status = |path: &str, body: &str| {
            let status = owner.send(&owner.request(&method, path, body)).0.status;
            world.db.restore(&before);
            status
        };
        let real_path = real(path, &token);
        // Each query field: what fits, and what does not.
        for parameter in operation["parameters"].as_array().unwrap().iter().filter(|p| p["in"] == "query") {
            let schema = &parameter["schema"];
            let fitting: Vec<String> = match (schema["enum"].as_array(), schema["maximum"].as_i64()) {
                (Some(values), _) => values.iter().map(|value| value.as_str().unwrap().to_owned()).collect(),
                (_, Some(most)) => vec![schema["minimum"].to_string(), most.to_string()],
                _ if schema["maxLength"].is_u64() => vec![String::new(), "x".repeat(254)],
                _ => Vec::new(), // a cursor, which only the list itself makes
            };
            let most = schema["maximum"].as_i64().unwrap_or_default() + 1;
            let mut unfit = vec!["x".repeat(255), most.to_string(), "0".to_owned(), "%21".to_owned()];
            unfit.truncate(if schema["maxLength"].is_u64() { 1 } else { 4 });
            let send =
                |value: &String| status(&format!("{real_path}?{}={value}", parameter["name"].as_str().unwrap()), "");
            assert!(fitting.iter().all(|value| send(value) == 200), "{method} {path}: {parameter}");
            assert!(unfit.iter().all(|value| send(value) == 400), "{method} {path}: {parameter}");
        }
        // Each field of the body.
        let right: Value = serde_json::from_str(body(&method, path)).unwrap_or_default();
        let schema = resolve(&document, &operation["requestBody"]["content"]["application/json"]["schema"]);
        let with = |name: &str, value: Value| {
            let mut body = right.clone();
            body[name] = value;
            status(&real_path, &body.to_string())
        };
        for (name, rule) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{method} {path} {name}");
            let nullable = rule["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
            let null = (!nullable).then_some(Value::Null);
            for wrong in [json!({}), json!(["x"]), json!("\u{7f}"), json!(1), json!("")].into_iter().chain(null) {
                assert_eq!(with(name, wrong.clone()), 400, "{at}: {wrong}");
            }
            if let (Some(most), "name") = (rule["maxLength"].as_u64(), name.as_str()) {
                let most = usize::try_from(most).unwrap();
                assert_eq!(with(name, json!("\u{e9}".repeat(most))) / 100, 2, "{at}: {most}");
                assert_eq!(with(name, json!("x".repeat(most + 1))), 400, "{at}: more than {most}");
                assert_eq!(with(name, json!(" ".repeat(most))), 400, "{at}: nothing to read");
            }
            let mut without = right.clone();
            without.as_object_mut().unwrap().remove(name);
            let required = schema["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
            let required = required || without == json!({}) && schema["minProperties"] == 1;
            assert_eq!(status(&real_path, &without.to_string()) == 400, required, "{at}: left out");
        }
    }
}

#[test]
fn who_may_call_is_as_documented() {
    let (document, world) = (document(), World::new());
    let (owner, token, _) = prepared(&world);
    let tokens = SCOPES.map(|scope| {
        let made = owner.post("/api/v1/accounts/acme/tokens", json!({ "name": scope, "scopes": [scope] })).expect(201);
        (scope, made.json()["token"].as_str().unwrap().to_owned())
    });
    let before = world.db.dump();
    for (method, path, operation) in operations(&document) {
        let documented = |scheme: &str| operation["security"].as_array().unwrap().iter().find_map(|s| s.get(scheme));
        for (scope, value) in &tokens {
            let client = world.admin();
            let mut request = client.request(&method, &real(path, &token), body(&method, path));
            request.headers.retain(|(name, _)| name != "cookie" && name != "sec-fetch-site");
            set_header(&mut request, "authorization", &format!("Bearer {value}"));
            let status = client.send(&request).0.status;
            world.db.restore(&before);
            let scopes = documented("token").map(|scopes| scopes.as_array().unwrap().as_slice());
            let may =
                operation["security"] == json!([]) || matches!(scopes, Some([])) || scopes == Some(&[json!(scope)]);
            assert_eq!(status / 100 == 2, may, "{method} {path} with {scope}: {status}");
            assert!(may || status == 403, "{method} {path} with {scope}: {status}");
        }
        assert!(operation["security"] == json!([]) || documented("session").is_some(), "{method} {path}");
        world.wait_s(301);
        let stale = owner.send(&owner.request(&method, &real(path, &token), body(&method, path)));
        world.wait_s(-301);
        world.db.restore(&before);
        let fresh = operation["description"].as_str().unwrap().contains("reauth_required");
        assert_eq!(stale.0.status == 403, fresh, "{method} {path}: {}", stale.0.body);
    }
}

/// Whether an answer is one of those documented for its operation.
fn as_documented(document: &Value, operation: &Value, answer: &Answer) -> Result<(), String> {
    let responses = operation["responses"].as_object().unwrap();
    let response = responses.get(&answer.0.status.to_string()).unwrap_or(&responses["default"]);
    let response = resolve(document, response);
    let Some(content) = response["content"].as_object() else {
        let empty = answer.0.body.is_empty() && answer.header("content-type").is_none();
        return empty.then_some(()).ok_or_else(|| "a body".to_owned());
    };
    let media_type = answer.header("content-type").and_then(|value| value.split(';').next()).unwrap_or_default();
    let content = content.get(media_type).ok_or_else(|| format!("the type {media_type}"))?;
    let value = if media_type.ends_with("json") { answer.json() } else { json!(answer.0.body) };
    fits(document, &content["schema"], &value)
}

fn resolve<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// Whether a value fits a schema: as much of JSON Schema as the answers use. What it does not know is an error too.
fn fits(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolve(document, schema);
    let wrong = |what: &str| Err(format!("{value} is not {what}"));
    for (keyword, rule) in schema.as_object().unwrap() {
        let list = || rule.as_array().unwrap();
        match keyword.as_str() {
            "description" | "additionalProperties" => {}
            "oneOf" if list().iter().filter(|one| fits(document, one, value).is_ok()).count() == 1 => {}
            "type" => {
                let fitting = |name: &Value| match name.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_i64(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    _ => false,
                };
                if !rule.as_array().map_or_else(|| fitting(rule), |names| names.iter().any(fitting)) {
                    return wrong(&rule.to_string());
                }
            }
            "enum" if list().contains(value) => {}
            "minimum" if value.as_i64() >= rule.as_i64() => {}
            "format" => match (rule.as_str().unwrap(), value.as_str()) {
                (_, None) | ("uri", Some(_)) => {}
                ("date-time", Some(text)) if text.ends_with('Z') && Now::parse_rfc3339(text).is_some() => {}
                _ => return wrong(&rule.to_string()),
            },
            "required" => {
                if let Some(name) = list().iter().find(|name| value.get(name.as_str().unwrap()).is_none()) {
                    return wrong(&format!("complete without {name}"));
                }
            }
            "properties" => {
                let closed = schema["additionalProperties"] == false;
                for (name, value) in value.as_object().into_iter().flatten() {
                    match rule.get(name) {
                        Some(schema) => fits(document, schema, value).map_err(|why| format!("{name}: {why}"))?,
                        None if closed => return wrong(&format!("documented to have {name}")),
                        None => {}
                    }
                }
            }
            "items" => value.as_array().into_iter().flatten().try_for_each(|item| fits(document, rule, item))?,
            _ => return wrong(&format!("known to fit {keyword}: {rule}")),
        }
    }
    Ok(())
}

/// S21: every route that takes no fields says so of fields, of other media types and of what is too large.
#[test]
fn a_route_without_fields_takes_none() {
    let world = World::new();
    let (owner, token, before) = prepared(&world);
    let mut tried = 0;
    for route in ROUTES.iter().filter(|route| route.method != "GET" && body(route.method, route.path).is_empty()) {
        let path = real(route.path, &token);
        for (media_type, sent, status) in [
            ("application/json", r#"{"x":1}"#.to_owned(), 400),
            ("application/json", "[]".to_owned(), 400),
            ("application/x-www-form-urlencoded", "x=1".to_owned(), 400),
            ("text/plain", "x".to_owned(), 415),
            ("application/json", String::new(), 0),
            ("application/json", "{}".to_owned(), 0),
        ] {
            let mut request = owner.request(route.method, &path, &sent);
            set_header(&mut request, "content-type", media_type);
            let answer = owner.send(&request).0;
            if status == 0 {
                assert!((200..300).contains(&answer.status), "{} {path}: {}", route.method, answer.body);
            } else {
                assert_eq!(answer.status, status, "{} {path} {media_type} {sent}: {}", route.method, answer.body);
                assert!(world.db.dump() == before, "{} {path} {sent}: nothing is done", route.method);
            }
            world.db.restore(&before);
        }
        let mut request = owner.request(route.method, &path, "");
        request.body = Body::TooLarge;
        owner.send(&request).expect(413);
        tried += 1;
    }
    assert_eq!(tried, 6, "reset, end an exemption, restore, remove, revoke twice");
}
