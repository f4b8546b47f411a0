// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.operations.search.ChangesToUndo;
import org.tidemark.operations.search.ChangesToUndo.Undone;
import org.tidemark.postgres.names.QualifiedName;
import org.tidemark.postgres.wal.change.EndedTransaction;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.recoverability.TimelineChoice;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.session.Session;
import org.tidemark.view.ChangeWords;
import org.tidemark.view.UnreadWalWords;
import org.tidemark.walsearch.Hit;
import org.tidemark.walsearch.UnreadWal;

/** The change before which a recovery ends: the only one that fits what the operator named. */
record BeforeChange(Undone undone, ChangesToUndo changes, boolean pauses, Optional<String> table) {
    private static final int MOST_NAMED = 5;

    /**
     * Searches for it.
     *
     * @param pauses whether the server pauses at the target: there, its replay must not hold the locks of the change
     * @throws UserFacingException TARGET_UNREACHABLE if there is none, or several
     */
    static BeforeChange find(
            Session session, TargetOptions options, TimelineChoice timeline, boolean pauses, Clock clock, Output output)
            throws IOException {
        Optional<Timeline> on = timeline instanceof TimelineChoice.Numbered numbered
                ? Optional.of(numbered.timeline())
                : Optional.empty();
        try (Progress progress = output.progress("searched", 0)) {
            Optional<String> table = options.droppedTable();
            return table.isPresent()
                    ? only(
                            ChangesToUndo.ofTable(session, table.get(), on, clock, progress::show),
                            "dropped or emptied " + table.get(),
                            "--table",
                            pauses,
                            table)
                    : transaction(session, options.undoneXid().orElseThrow(), on, pauses, clock, progress);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    String.valueOf(e.getMessage()),
                    "Write a name as in SQL, such as public.orders, or an OID.",
                    e);
        }
    }

    private static BeforeChange transaction(
            Session session, long xid, Optional<Timeline> on, boolean pauses, Clock clock, Progress progress)
            throws IOException {
        long low = Integer.toUnsignedLong((int) xid);
        return only(
                ChangesToUndo.ofTransaction(session, low, on, clock, progress::show),
                "has the number " + low + " and was committed",
                "--xid",
                pauses,
                Optional.empty());
    }

    private static BeforeChange only(
            ChangesToUndo changes, String what, String option, boolean pauses, Optional<String> table) {
        String where = " in the archived WAL of timeline " + changes.timeline();
        if (changes.found().isEmpty() && !changes.deletions().isEmpty()) {
            Hit deletion = changes.deletions().getFirst();
            throw new UserFacingException(
                    ExitCode.TARGET_UNREACHABLE,
                    "no transaction that " + what + " is" + where + holes(changes.missing()) + ", but a "
                            + text(deletion),
                    "To recover to before it: --before-xid "
                            + deletion.transaction().unsignedXid());
        }
        if (changes.found().isEmpty()) {
            throw new UserFacingException(
                    ExitCode.TARGET_UNREACHABLE,
                    "no transaction that " + what + " is" + where + upTo(changes) + holes(changes.missing()),
                    "Is there newer WAL on the server? Archive it with: tidemark switch-wal. What else happened, says wal-search with "
                            + option + ".");
        }
        if (changes.found().size() > 1) {
            throw new UserFacingException(
                    ExitCode.TARGET_UNREACHABLE,
                    changes.found().size() + " transactions that " + what + " are" + where + ": "
                            + changes.found().stream()
                                    .limit(MOST_NAMED)
                                    .map(BeforeChange::text)
                                    .collect(Collectors.joining("; ")),
                    "Choose one by its position: "
                            + changes.found().stream()
                                    .limit(MOST_NAMED)
                                    .map(each -> option(each, pauses) + " for "
                                            + each.transaction().unsignedXid())
                                    .collect(Collectors.joining(", "))
                            + ". More of them tells wal-search with " + option + ".");
        }
        return new BeforeChange(changes.found().getFirst(), changes, pauses, table);
    }

    /** What came later is not archived yet. */
    private static String upTo(ChangesToUndo changes) {
        return changes.newest()
                .map(each -> ", up to a transaction of " + UtcTime.exact(each))
                .orElse("");
    }

    private static String holes(List<UnreadWal> missing) {
        return missing.isEmpty()
                ? ""
                : "; but " + UnreadWalWords.of(missing.getFirst()) + ", and what happened there is not known";
    }

    private static String text(Undone undone) {
        String what = undone.hits().stream().map(ChangeWords::of).collect(Collectors.joining(", and "));
        return (what.isEmpty() ? "the commit" : what) + by(undone.transaction());
    }

    private static String text(Hit deletion) {
        return ChangeWords.of(deletion) + by(deletion.transaction());
    }

    private static String by(EndedTransaction transaction) {
        return " by transaction " + transaction.unsignedXid() + ", committed " + UtcTime.exact(transaction.time());
    }

    private static String option(Undone undone, boolean pauses) {
        return "--target-lsn " + undone.moment(pauses).at() + " --exclusive";
    }

    RecoveryTarget target() {
        return new RecoveryTarget.AtLsn(undone.moment(pauses).at(), Bound.EXCLUSIVE);
    }

    /** The same position of another timeline has other data. */
    TimelineChoice timeline() {
        return new TimelineChoice.Numbered(changes.timeline());
    }

    private String isLook() {
        return undone.look().isPresent() && pauses
                ? ", before its first lock, so that what it removed can be read while the server pauses. To open it for"
                        + " writing, restore with --target-action promote, which ends right before its commit, "
                        + undone.before().at() + between()
                : "";
    }

    /** What a server at the first position lacks. */
    private String between() {
        long most = undone.hits().stream()
                .flatMapToLong(hit -> hit.between().stream())
                .max()
                .orElse(0);
        return most == 0 ? "" : ", and has " + Amounts.count(most, "other transaction", "other transactions") + " more";
    }

    /** The plan says what was found, and what may be meant as well. */
    PreparedRestore told(PreparedRestore prepared) {
        if (!(prepared.plan() instanceof RestorePlan.Chosen chosen)) {
            return prepared;
        }
        List<PlanFinding> findings = new ArrayList<>();
        findings.add(PlanFinding.note(
                Topic.TARGET,
                "this is before " + text(undone) + ": " + option(undone, pauses) + isLook()
                        + holes(changes.missing())));
        if (isOfUnknownSchema()) {
            findings.add(PlanFinding.warning(
                    Topic.TARGET,
                    "the table was created in the WAL that was searched, which does not tell its schema: it may be"
                            + " another table of this name",
                    "Look at the copy before you use it."));
        }
        changes.gone()
                .filter(each -> isLater(each.newest()))
                .map(each -> PlanFinding.warning(
                        Topic.TARGET,
                        "later, " + ChangeWords.of(each) + ": one of them may be the table that is meant, made again",
                        "See them with: tidemark wal-search --kind drop,truncate"))
                .ifPresent(findings::add);
        changes.deletions().stream()
                .filter(each -> isLater(each.transaction()))
                .findFirst()
                .map(each -> PlanFinding.warning(
                        Topic.TARGET,
                        "later, there was a " + text(each),
                        "If that is what is meant: --before-xid "
                                + each.transaction().unsignedXid()))
                .ifPresent(findings::add);
        findings.add(PlanFinding.note(
                Topic.TARGET,
                "the archived WAL was searched"
                        + changes.since()
                                .map(each -> " from " + UtcTime.exact(each) + " on")
                                .orElse("")
                        + upTo(changes) + ": what the server has not archived yet was not"
                        + (changes.since().isPresent() ? ", and nothing older" : "")));
        return prepared.with(chosen, findings);
    }

    /** A schema is asked for, and the name of what was found has none. */
    private boolean isOfUnknownSchema() {
        return table.filter(asked -> !asked.matches("[0-9]+")
                                && QualifiedName.parse(asked).schema().isPresent())
                        .isPresent()
                && undone.hits().stream()
                        .filter(hit -> hit.lost().isEmpty() && hit.database().isPresent())
                        .flatMap(hit -> hit.what().stream())
                        .flatMap(named -> named.name().stream())
                        .allMatch(name -> QualifiedName.parse(name).schema().isEmpty());
    }

    private boolean isLater(EndedTransaction other) {
        return other.end().at().isAfter(undone.transaction().end().at());
    }
}
