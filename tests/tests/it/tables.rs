//! Members as a table to take away: complete, in parts, and text to every program.

use airlock::people::Role;
use airlock_tests::World;

use crate::admin::owner;

const API: &str = "/api/v1/accounts/acme/users.csv";

#[test]
fn it_has_each_member_and_how_far_they_are() {
    let world = World::new();
    let owner = owner(&world);
    world.add_user("acme", "eve", "+eve@acme.test", Role::Admin, None);
    world.db.execute("UPDATE users SET name = '=1+1' WHERE id = 'eve'", &[]);
    world.db.execute("UPDATE memberships SET state = 'inactive', exempt_until = 1 << 52 WHERE user_id = 'leo'", &[]);
    let table = owner.get(API).expect(200);
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(table.header("content-disposition"), Some("attachment; filename=\"members.csv\""));
    let lines: Vec<&str> = table.0.body.split("\r\n").collect();
    let [head, eve, leo, mia, noor, _, ""] = lines[..] else { panic!("{lines:?}") };
    let columns = "email,name,role,state,email_verified,set_up,enabled,enabled_at,last_used_at,locked,exempt_until";
    assert_eq!(head, columns);
    assert_eq!(eve, "\"'+eve@acme.test\",\"'=1+1\",admin,active,false,false,false,,,false,");
    assert!(leo.starts_with("\"leo@acme.test\",\"leo\",member,inactive,") && !leo.ends_with(','), "{leo}");
    assert!(mia.ends_with(",false,false,,,false,"), "{mia}");
    let at = "2027-01-15T08:00:00Z";
    assert_eq!(noor, format!("\"noor@acme.test\",\"noor\",member,active,false,true,true,{at},{at},false,"));
    let filtered = owner.get(&format!("{API}?two_factor=set_up&q=noo")).expect(200).0.body;
    assert_eq!(filtered, format!("{head}\r\n{noor}\r\n"));
    let by_page = owner.open("/members.csv?account=acme&two_factor=set_up&q=noo").expect(200).0.body;
    assert_eq!(by_page, filtered);
    owner.get(&format!("{API}?two_factor=some")).expect(400);
    let page = owner.open("/members?account=acme").expect(200).0.body;
    assert!(page.contains("<a href=\"/members.csv?account=acme&amp;q=\">Download as a table (CSV)</a>"), "{page}");
}

#[test]
fn many_come_in_parts_each_with_the_address_of_the_next() {
    let world = World::new();
    let owner = owner(&world);
    world.db.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5100)
         INSERT INTO users (id, email, name, created_at) SELECT 'p' || i, printf('p%04d@acme.test', i), 'Pia', 0 FROM n",
        &[],
    );
    world.db.execute(
        "INSERT INTO memberships (account_id, user_id, email, role, state, created_at)
         SELECT 'acme', id, email, 'member', 'active', 0 FROM users WHERE id GLOB 'p*'",
        &[],
    );
    for query in ["", "?q=acme", "?two_factor=not_set_up"] {
        let (mut path, mut people, mut parts) = (format!("{API}{query}"), Vec::new(), 0);
        loop {
            let part = owner.get(&path).expect(200);
            people
                .extend(part.0.body.lines().skip(1).map(|line| line.split(',').next().unwrap_or_default().to_owned()));
            parts += 1;
            let Some(link) = part.header("link") else { break };
            path = link.strip_prefix('<').and_then(|link| link.split('>').next()).unwrap().to_owned();
        }
        let count = people.len();
        people.dedup();
        let all = if query.contains("not_set_up") { 5_102 } else { 5_104 };
        assert_eq!((count, people.len()), (all, all), "{query}: {parts} parts");
        assert!(parts > 1);
    }
}
