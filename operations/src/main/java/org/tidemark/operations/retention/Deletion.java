// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.retention.Awaited;
import org.tidemark.retention.ExpiryOutlook;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionCatalog.UnfinishedBackup;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPlan.UnfinishedFate;
import org.tidemark.retention.RetentionPlanner;
import org.tidemark.retention.RetentionPolicy;
import org.tidemark.retention.RetentionPolicy.Redundancy;
import org.tidemark.retention.RetentionPolicy.Since;
import org.tidemark.retention.RetentionSettings;
import org.tidemark.session.GivenTime;

/** What an operator deletes by name, age or number; what is kept is never deleted. */
public sealed interface Deletion {
    /**
     * Reads the words of the command.
     *
     * @param hostZone for the message about a time without a zone
     * @param choose finds the backup that a word names
     * @throws UserFacingException USAGE, or what {@code choose} throws
     */
    static Deletion parse(List<String> words, ZoneId hostZone, Choice choose) {
        if (words.isEmpty()) {
            throw usage("nothing to delete is named");
        }
        return switch (words.getFirst()) {
            case "before" -> before(words, hostZone, choose);
            case "retain" -> retain(words);
            default -> {
                Set<BackupId> ids = new LinkedHashSet<>();
                words.forEach(word -> ids.add(choose.id(word)));
                yield new Named(ids);
            }
        };
    }

    /** Finds the backup that a word names. */
    interface Choice {
        BackupId id(String word);
    }

    private static Deletion before(List<String> words, ZoneId hostZone, Choice choose) {
        if (words.size() != 2) {
            throw usage("'before' takes one time or one backup");
        }
        String text = words.get(1);
        return text.matches("[0-9]{4}-[0-9]{2}-[0-9]{2}[ T].*")
                ? new BeforeTime(GivenTime.parse(text, hostZone))
                : new BeforeBackup(choose.id(text));
    }

    private static Deletion retain(List<String> words) {
        if (words.size() != 2 || !words.get(1).matches("[1-9][0-9]{0,4}")) {
            throw usage("'retain' takes a number of backups from 1 to 99999");
        }
        return new Retain(Integer.parseInt(words.get(1)));
    }

    private static UserFacingException usage(String problem) {
        return new UserFacingException(
                ExitCode.USAGE,
                problem,
                "Use one of: tidemark delete ID [ID ...], tidemark delete before TIME, tidemark delete before ID,"
                        + " tidemark delete retain N");
    }

    /** These backups. */
    record Named(Set<BackupId> ids) implements Deletion {
        public Named {
            ids = Set.copyOf(ids);
        }

        @Override
        public RetentionPlan plan(RetentionCatalog catalog, Awaited awaited, int minimum, Instant now) {
            RetentionPlan plan = RetentionPlanner.without(ids, catalog, awaited.walAlone(), now);
            requireNotKept(plan);
            requireNotRunning(plan);
            long usable = plan.backups().stream()
                    .filter(each -> each.stays() && each.backup().problem().isEmpty())
                    .count();
            boolean removesUsable =
                    plan.leaving().stream().anyMatch(each -> each.problem().isEmpty());
            if (removesUsable && usable < minimum) {
                throw new UserFacingException(
                        ExitCode.NO,
                        "only " + usable + " usable " + (usable == 1 ? "backup" : "backups")
                                + " would be left, and minimum-redundancy is " + minimum,
                        "To delete it anyway, add --force.");
            }
            return plan;
        }

        private void requireNotRunning(RetentionPlan plan) {
            for (UnfinishedFate fate : plan.unfinished()) {
                if (ids.contains(fate.unfinished().id()) && fate.stays()) {
                    throw new UserFacingException(
                            ExitCode.NO,
                            "backup '" + fate.unfinished().id() + "' is in progress, or was interrupted less than "
                                    + UnfinishedBackup.GRACE_PERIOD.toDays() + " days ago",
                            "What an interrupted backup left can be deleted " + UnfinishedBackup.GRACE_PERIOD.toDays()
                                    + " days after it began. Where another repository has the backup complete, it can be"
                                    + " deleted there: --repository NAME");
                }
            }
        }

        private void requireNotKept(RetentionPlan plan) {
            for (BackupFate fate : plan.backups()) {
                PublishedBackup backup = fate.backup();
                Optional<String> why = backup.keep().map(keep -> "it is kept").or(backup::doubt);
                if (ids.contains(backup.id()) && why.isPresent()) {
                    throw new UserFacingException(
                            ExitCode.NO,
                            "backup '" + backup.id() + "' is not deleted: " + why.get(),
                            "Release it first: tidemark keep " + backup.id() + " --release");
                }
            }
        }

        @Override
        public String toString() {
            return "delete";
        }
    }

    /** What is not needed to reach that moment and all later ones. */
    record BeforeTime(Instant moment) implements Deletion {
        @Override
        public RetentionPlan plan(RetentionCatalog catalog, Awaited awaited, int minimum, Instant now) {
            return byPolicy(new Since(moment), catalog, awaited, minimum, now);
        }

        @Override
        public String toString() {
            return "delete before " + moment;
        }
    }

    /** What is not needed to restore that backup and to reach all moments after it. */
    record BeforeBackup(BackupId id) implements Deletion {
        @Override
        public RetentionPlan plan(RetentionCatalog catalog, Awaited awaited, int minimum, Instant now) {
            Optional<PublishedBackup> backup = catalog.backups().stream()
                    .filter(each -> each.id().equals(id))
                    .findFirst();
            return backup.isEmpty()
                    ? RetentionPlanner.without(Set.of(), catalog, awaited.walAlone(), now)
                    : byPolicy(new Since(backup.get().ended()), catalog.keeping(id), awaited, minimum, now);
        }

        @Override
        public String toString() {
            return "delete before " + id;
        }
    }

    /** All but the newest. */
    record Retain(int backups) implements Deletion {
        @Override
        public RetentionPlan plan(RetentionCatalog catalog, Awaited awaited, int minimum, Instant now) {
            return byPolicy(new Redundancy(backups), catalog, awaited, minimum, now);
        }

        @Override
        public String toString() {
            return "delete retain " + backups;
        }
    }

    /** The newest backup goes only if it is named. */
    private static RetentionPlan byPolicy(
            RetentionPolicy policy, RetentionCatalog catalog, Awaited awaited, int minimum, Instant now) {
        return RetentionPlanner.plan(
                new RetentionSettings(Optional.of(policy), Optional.empty(), List.of(), Math.max(1, minimum)),
                catalog.withoutLock(),
                awaited.walAlone(),
                now);
    }

    /**
     * What goes from one archive.
     *
     * @param awaited what other repositories may still need of it: of that, the WAL stays
     * @param minimum so many usable backups stay, 0 or more
     * @throws UserFacingException NO if a backup is named that may not go
     */
    RetentionPlan plan(RetentionCatalog catalog, Awaited awaited, int minimum, Instant now);

    /** The same of each archive that has these settings. */
    default ExpiryOutlook.Rule rule(int minimum) {
        return (catalog, awaited, now) -> plan(catalog, awaited, minimum, now);
    }
}
