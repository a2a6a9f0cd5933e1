//! What the command line means, and how it is refused.

use std::path::Path;

use clap::{CommandFactory as _, Parser as _};
use domain::access::Role;

use super::args::{Cli, Command, Format, LogCommand, ProjectionsCommand, Rebuild, UserCommand};

fn parse(line: &str) -> Result<Cli, String> {
    let words = std::iter::once("ledgerdesk").chain(line.split_whitespace());
    Cli::try_parse_from(words).map_err(|error| {
        assert_eq!(error.exit_code(), 2, "{error}");
        error.to_string()
    })
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn global_options_stand_anywhere() {
    for line in ["--data-dir d --output json log head", "log head --data-dir d --output json"] {
        let cli = parse(line).expect("a command line");
        assert_eq!(cli.globals.data_dir.as_deref(), Some(Path::new("d")));
        assert_eq!(cli.globals.output, Format::Json);
        assert!(matches!(cli.command, Command::Log { command: LogCommand::Head { signed: false } }));
    }
}

#[test]
fn serve_listens_where_it_is_told() {
    let listen = |line: &str| match parse(line).map(|cli| cli.command) {
        Ok(Command::Serve(serve)) => serve.listen.map(|listen| listen.to_string()),
        other => panic!("{other:?}"),
    };
    assert_eq!(listen("serve"), None);
    assert_eq!(listen("serve --listen 0.0.0.0:0 --demo").as_deref(), Some("0.0.0.0:0"));
    assert_eq!(listen("serve --listen localhost:8080").as_deref(), Some("127.0.0.1:8080"));
    assert_eq!(listen("serve --listen [::1]:80").as_deref(), Some("[::1]:80"));
    for bad in ["8080", "host:80", "127.0.0.1:99999", "localhost:"] {
        assert!(parse(&format!("serve --listen {bad}")).is_err(), "{bad}");
    }
}

#[test]
fn a_user_is_parsed_as_it_will_be_stored() {
    let line =
        "user create --username Ida --email Ida@Example.com --role agent --department it --department HR";
    let Command::User { command: UserCommand::Create(new) } = parse(line).expect("a command line").command
    else {
        panic!("another command");
    };
    assert_eq!((new.username.as_str(), new.email.as_str()), ("ida", "ida@example.com"));
    assert_eq!(new.role, Role::Agent);
    assert_eq!(new.departments.iter().map(ToString::to_string).collect::<Vec<_>>(), ["IT", "HR"]);
    assert!(!new.password_stdin);

    let wrong = parse("user create --username a --email ida@x.org --role user").expect_err("too short");
    assert!(wrong.contains("2 to 64"), "{wrong}");
    let wrong = parse("user create --username ida --email ida --role user").expect_err("no address");
    assert!(wrong.contains("e-mail"), "{wrong}");
    let wrong = parse("user create --username ida --email ida@x.org --role boss").expect_err("no role");
    assert!(wrong.contains("it_agent"), "{wrong}");
}

#[test]
fn a_replay_ends_at_a_version_or_a_moment() {
    let ticket = "TKT-1767225600000-0A1B2C";
    for line in ["", "--version 3", "--as-of 2026-01-31T12:00:00Z"] {
        assert!(parse(&format!("replay {ticket} {line}")).is_ok(), "{line}");
    }
    for line in ["--version 3 --as-of 2026-01-31T12:00:00Z", "--version 0", "--as-of yesterday"] {
        assert!(parse(&format!("replay {ticket} {line}")).is_err(), "{line}");
    }
    assert!(parse("replay 17").is_err_and(|error| error.contains("not a ticket id")));
}

#[test]
fn the_rest_is_understood() {
    let is = |line: &str| parse(line).map(|cli| cli.command);
    assert!(matches!(is("migrate"), Ok(Command::Migrate)));
    assert!(matches!(is("openapi"), Ok(Command::Openapi)));
    assert!(matches!(is("asyncapi"), Ok(Command::Asyncapi)));
    assert!(matches!(is("schemas"), Ok(Command::Schemas(schemas)) if schemas.dir.is_none()));
    assert!(matches!(is("schemas --dir d"), Ok(Command::Schemas(schemas)) if schemas.dir.is_some()));
    assert!(
        matches!(is("demo --from f.csv --tickets 3000"), Ok(Command::Demo(demo)) if demo.tickets == Some(3000))
    );
    assert!(matches!(
        is("log tail --after 5 --follow --limit 9"),
        Ok(Command::Log { command: LogCommand::Tail(tail) }) if tail.after == Some(5) && tail.limit == Some(9)
    ));
    assert!(is("log tail --after -1").is_err());
    assert!(matches!(
        is("log verify --file e --key k --head a --head b"),
        Ok(Command::Log { command: LogCommand::Verify(verify) }) if verify.heads.len() == 2
    ));
    for line in ["log verify --file e", "log verify --key k", "log export --from 0", "log export --to x"] {
        assert!(is(line).is_err(), "{line}");
    }
    assert!(matches!(
        is("projections rebuild ticket_list"),
        Ok(Command::Projections { command: ProjectionsCommand::Rebuild(Rebuild { name: Some(name), .. }) })
            if name == "ticket_list"
    ));
    for good in ["--at 5 --into may", "ticket_list --at 2026-01-31T12:00:00Z --into may"] {
        assert!(is(&format!("projections rebuild {good}")).is_ok(), "{good}");
    }
    for bad in
        ["", "--into may", "x --at 5", "--at 0 --into may", "--at soon --into may", "--at 5 --into read"]
    {
        assert!(is(&format!("projections rebuild {bad}")).is_err(), "{bad}");
    }
    assert!(is("projections rollback").is_err());
    assert!(is("--database-url mysql://x log head").is_err());
    assert!(is("").is_err());
}
