// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.store.ObjectKey;

/** The damage that verify found and has not since found repaired. */
final class DamageCheck implements Check<CheckedRepository> {
    @Override
    public Subject subject() {
        return Subject.DAMAGE;
    }

    @Override
    public List<Finding> look(CheckedRepository at) {
        List<Finding> findings = new ArrayList<>();
        at.held().ifPresent(held -> look(at, held, findings));
        return at.findings(findings.toArray(Finding[]::new));
    }

    private void look(CheckedRepository at, IncarnationReading held, List<Finding> findings) {
        held.unreadMarks()
                .ifPresent(why -> findings.add(subject()
                        .warning(
                                "the results of verify in '" + at.name() + "' cannot be read: " + why.getMessage(),
                                why.hint())));
        held.marks()
                .damaged()
                .forEach(problem -> findings.add(subject()
                        .warning(problem + " in '" + at.name() + "'", "Look for more with: tidemark verify --all")));
        List<ObjectKey> foreign = held.marks().foreign();
        if (!foreign.isEmpty()) {
            findings.add(
                    subject()
                            .warning(
                                    "'" + at.name() + "' has " + Amounts.count(foreign.size(), "file", "files")
                                            + " among the marks that Tidemark did not store, and ignores: '"
                                            + foreign.getFirst() + "'" + (foreign.size() > 1 ? ", ..." : ""),
                                    "Find out what puts files into the repository, and stop it: nothing else should be able to"
                                            + " write there. Then remove them. List all such files with: tidemark verify --all"));
        }
        SortedMap<BackupId, Mark.Verified> damaged = new TreeMap<>();
        held.backups()
                .forEach(
                        backup -> held.marks().damage(backup.id()).ifPresent(found -> damaged.put(backup.id(), found)));
        ofBackups(at.name(), damaged).ifPresent(findings::add);
        held.marks()
                .walDamage()
                .ifPresent(found -> findings.add(finding(
                        at.name(),
                        Amounts.count(found.problems(), "problem", "problems") + " in WAL outside the backups",
                        List.of(found),
                        "tidemark wal-verify")));
    }

    /** One finding for all of them: an object that many backups need is damaged once. */
    static Optional<Finding> ofBackups(String repository, SortedMap<BackupId, Mark.Verified> damaged) {
        if (damaged.isEmpty()) {
            return Optional.empty();
        }
        Collection<Mark.Verified> found = damaged.values();
        BackupId newest = damaged.lastKey();
        if (damaged.size() == 1) {
            return Optional.of(finding(
                    repository,
                    Amounts.count(found.iterator().next().problems(), "problem", "problems") + " in backup " + newest,
                    found,
                    "tidemark verify " + newest));
        }
        return Optional.of(finding(
                repository,
                (isNamed(found) ? "" : "at least ") + Amounts.count(problems(found), "problem", "problems") + " in "
                        + damaged.size() + " backups, from " + damaged.firstKey() + " to " + newest,
                found,
                "tidemark verify --all"));
    }

    private static Finding finding(String repository, String what, Collection<Mark.Verified> found, String command) {
        Instant last = found.stream()
                .map(Mark.Verified::at)
                .max(Comparator.naturalOrder())
                .orElseThrow();
        return Subject.DAMAGE
                .critical(
                        "verify found " + what + " of '" + repository + "' at " + Amounts.second(last),
                        "See what is damaged with: " + command
                                + " --repository " + repository + ". Repair it from another repository with:"
                                + " tidemark sync"
                                + (isNamed(found) ? " --quick" : "")
                                + ". Without one, take a new backup with: tidemark backup. Once the damage is"
                                + " repaired, verify clears this finding.")
                .with(Measure.PROBLEMS, problems(found));
    }

    /** Whether each damaged object is named. */
    private static boolean isNamed(Collection<Mark.Verified> found) {
        return found.stream().allMatch(each -> each.problems() <= each.damaged().size());
    }

    /** Each damaged object once; what is not named may be in several of them. */
    private static long problems(Collection<Mark.Verified> found) {
        long named = found.stream()
                .flatMap(each -> each.damaged().stream())
                .distinct()
                .count();
        return found.stream().mapToLong(Mark.Verified::problems).reduce(named, Math::max);
    }
}
