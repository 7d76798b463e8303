//! Finds rules and functions that use themselves.
//!
//! The engine follows a recursive function until the stack ends, which ends the program. OPA
//! refuses such rules when it compiles them; this does the same before anything is evaluated.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{AssignOp, Expr, Literal, Module, Query, Rule, RuleAssign, RuleHead};

/// A path below `data`: package, then rule.
type Path = Vec<String>;

/// One cycle of rules, written `a → b → a`, if there is any.
pub(super) fn find<'a>(modules: impl Iterator<Item = &'a Module>) -> Option<String> {
    let mut uses: BTreeMap<Path, BTreeSet<Path>> = BTreeMap::new();
    for module in modules {
        let package = below_data(&path_of(&module.package.refr));
        let imports = imports(module);
        for rule in &module.policy {
            let mut names = Names::default();
            let mut path = package.clone();
            path.extend(names.rule(rule));
            let found = uses.entry(path).or_default();
            for (used, is_call) in names.used {
                let Some((root, rest)) = used.split_first() else { continue };
                if !is_call && names.bound.contains(root) {
                    continue;
                }
                let mut full = match (root.as_str(), imports.get(root)) {
                    ("data", _) => Path::new(),
                    (_, Some(import)) => import.clone(),
                    _ => package.iter().chain([root]).cloned().collect(),
                };
                full.extend_from_slice(rest);
                found.insert(full);
            }
        }
    }
    cycle(&uses)
}

fn cycle(uses: &BTreeMap<Path, BTreeSet<Path>>) -> Option<String> {
    let edges: BTreeMap<&Path, Vec<&Path>> = uses
        .iter()
        .map(|(rule, used)| {
            let targets: BTreeSet<&Path> = used.iter().flat_map(|path| overlapping(uses, path)).collect();
            (rule, targets.into_iter().collect())
        })
        .collect();
    let mut done: BTreeSet<&Path> = BTreeSet::new();
    for start in uses.keys() {
        // Depth first without recursion: a deep chain of rules must not end the program either.
        let mut trail: Vec<(&Path, usize)> = vec![(start, 0)];
        while let Some((rule, next)) = trail.last_mut() {
            if done.contains(*rule) {
                trail.pop();
                continue;
            }
            match edges.get(*rule).and_then(|targets| targets.get(*next)) {
                Some(target) => {
                    *next += 1;
                    if let Some(at) = trail.iter().position(|(seen, _)| seen == target) {
                        let names: Vec<String> = trail[at..]
                            .iter()
                            .map(|(path, _)| *path)
                            .chain([*target])
                            .map(|p| p.join("."))
                            .collect();
                        return Some(names.join(" → "));
                    }
                    trail.push((target, 0));
                }
                None => {
                    done.insert(rule);
                    trail.pop();
                }
            }
        }
    }
    None
}

/// The rules that naming `path` uses: the rule itself, one that it reaches into, or all of a package.
fn overlapping<'a>(
    uses: &'a BTreeMap<Path, BTreeSet<Path>>,
    path: &'a Path,
) -> impl Iterator<Item = &'a Path> {
    let around = (1..path.len()).filter_map(|n| uses.get_key_value(&path[..n]).map(|(rule, _)| rule));
    // Rules are in order, so those below a path follow it.
    let below = uses.range(path.clone()..).map(|(rule, _)| rule).take_while(|rule| rule.starts_with(path));
    around.chain(below)
}

fn imports(module: &Module) -> BTreeMap<String, Path> {
    module
        .imports
        .iter()
        .filter_map(|import| {
            let path = path_of(&import.refr);
            let alias = match &import.r#as {
                Some(span) => span.text().to_owned(),
                None => path.last()?.clone(),
            };
            (path.first().map(String::as_str) == Some("data")).then(|| (alias, below_data(&path)))
        })
        .collect()
}

fn below_data(path: &[String]) -> Path {
    let rest = if path.first().map(String::as_str) == Some("data") { &path[1..] } else { path };
    rest.to_vec()
}

/// The fixed beginning of a reference: `data.a["b"][x].c` is `data.a.b`.
fn path_of(expr: &Expr) -> Path {
    match expr {
        Expr::Var { value, .. } => value.as_string().map(|name| vec![name.to_string()]).unwrap_or_default(),
        Expr::RefDot { refr, field, .. } => {
            let mut path = path_of(refr);
            if is_fixed(refr) {
                path.push(field.1.as_string().map(ToString::to_string).unwrap_or_default());
            }
            path
        }
        Expr::RefBrack { refr, index, .. } => {
            let mut path = path_of(refr);
            if let (true, Expr::String { value, .. }) = (is_fixed(refr), index.as_ref()) {
                path.push(value.as_string().map(ToString::to_string).unwrap_or_default());
            }
            path
        }
        _ => Path::new(),
    }
}

fn is_fixed(expr: &Expr) -> bool {
    match expr {
        Expr::Var { .. } => true,
        Expr::RefDot { refr, .. } => is_fixed(refr),
        Expr::RefBrack { refr, index, .. } => is_fixed(refr) && matches!(index.as_ref(), Expr::String { .. }),
        _ => false,
    }
}

/// The names that a rule uses and those that it binds itself.
#[derive(Default)]
struct Names {
    used: BTreeSet<(Path, bool)>,
    bound: BTreeSet<String>,
}

impl Names {
    /// Takes in a rule and gives its own name.
    fn rule(&mut self, rule: &Rule) -> Path {
        match rule {
            Rule::Default { refr, value, .. } => {
                self.expr(value);
                path_of(refr)
            }
            Rule::Spec { head, bodies, .. } => {
                for body in bodies {
                    self.assign(body.assign.as_ref());
                    self.query(&body.query);
                }
                match head {
                    RuleHead::Compr { refr, assign, .. } => {
                        self.assign(assign.as_ref());
                        self.indexes(refr);
                        path_of(refr)
                    }
                    RuleHead::Set { refr, key, .. } => {
                        key.iter().for_each(|key| self.expr(key));
                        self.indexes(refr);
                        path_of(refr)
                    }
                    RuleHead::Func { refr, args, assign, .. } => {
                        args.iter().for_each(|arg| self.bind(arg));
                        self.assign(assign.as_ref());
                        path_of(refr)
                    }
                }
            }
        }
    }

    fn assign(&mut self, assign: Option<&RuleAssign>) {
        if let Some(assign) = assign {
            self.expr(&assign.value);
        }
    }

    fn query(&mut self, query: &Query) {
        for statement in &query.stmts {
            for with in &statement.with_mods {
                self.expr(&with.r#as);
            }
            match &statement.literal {
                Literal::SomeVars { vars, .. } => {
                    self.bound.extend(vars.iter().map(|span| span.text().to_owned()));
                }
                Literal::SomeIn { key, value, collection, .. } => {
                    key.iter().for_each(|key| self.bind(key));
                    self.bind(value);
                    self.expr(collection);
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => self.expr(expr),
                Literal::Every { key, value, domain, query, .. } => {
                    self.bound.extend(key.iter().chain([value]).map(|span| span.text().to_owned()));
                    self.expr(domain);
                    self.query(query);
                }
            }
        }
    }

    /// Takes in a pattern whose variables are new names.
    fn bind(&mut self, pattern: &Expr) {
        match pattern {
            Expr::Var { .. } => self.bound.extend(path_of(pattern)),
            Expr::Array { items, .. } => items.iter().for_each(|item| self.bind(item)),
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, _, value)| self.bind(value)),
            other => self.expr(other),
        }
    }

    /// Takes in what stands in the brackets of a reference.
    fn indexes(&mut self, expr: &Expr) {
        match expr {
            Expr::RefDot { refr, .. } => self.indexes(refr),
            Expr::RefBrack { refr, index, .. } => {
                self.expr(index);
                self.indexes(refr);
            }
            Expr::Var { .. } => {}
            other => self.expr(other),
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Var { .. } => {
                self.used.insert((path_of(expr), false));
            }
            Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                self.used.insert((path_of(expr), false));
                self.indexes(expr);
            }
            Expr::Call { fcn, params, .. } => {
                self.used.insert((path_of(fcn), true));
                params.iter().for_each(|param| self.expr(param));
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().for_each(|item| self.expr(item))
            }
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
                self.expr(key);
                self.expr(value);
            }),
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.expr(term);
                self.query(query);
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.expr(key);
                self.expr(value);
                self.query(query);
            }
            Expr::UnaryExpr { expr, .. } => self.expr(expr),
            Expr::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } => {
                self.bind(lhs);
                self.expr(rhs);
            }
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => {
                self.expr(lhs);
                self.expr(rhs);
            }
            Expr::Membership { key, value, collection, .. } => {
                key.iter().for_each(|key| self.expr(key));
                self.expr(value);
                self.expr(collection);
            }
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle_in(files: &[&str]) -> Option<String> {
        let mut engine = regorus::Engine::new();
        for (index, text) in files.iter().enumerate() {
            engine.add_policy(format!("{index}.rego"), (*text).to_owned()).unwrap();
        }
        find(engine.get_modules().iter().map(|module| &**module))
    }

    #[test]
    fn a_function_that_calls_itself_is_found() {
        let cycle = cycle_in(&["package a\nf(x) := f(x)\n"]);
        assert_eq!(cycle.as_deref(), Some("a.f → a.f"));
    }

    #[test]
    fn a_circle_through_two_packages_is_found() {
        let cycle = cycle_in(&[
            "package a\nimport data.b as other\nf(x) := y if { y := other.g(x) }\n",
            "package b\ng(x) := count([z | some z in [data.a.f(x)]])\n",
        ]);
        assert_eq!(cycle.as_deref(), Some("a.f → b.g → a.f"));
    }

    #[test]
    fn naming_the_own_package_through_a_variable_is_found() {
        assert!(
            cycle_in(&["package a.b\ndeny contains x if { some p\n x := data.a[p].deny[_] }\n"]).is_some()
        );
        assert!(cycle_in(&["package a\nf(x) := y if { y := count(x) with count as f }\n"]).is_some());
    }

    #[test]
    fn a_local_name_that_hides_nothing_from_calls_is_no_cycle() {
        assert_eq!(
            cycle_in(&["package a\nstep contains s if { some step in input.steps\n s := step.id }\n"]),
            None
        );
        assert!(cycle_in(&["package a\nf(x) := y if { some f in [1]\n y := f(x) }\n"]).is_some());
        assert_eq!(cycle_in(&["package a\nf(x) := x + 1\ng(x) := f(f(x))\np if g(1) == 3\n"]), None);
    }
}
