// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Amounts;
import org.tidemark.core.Timeline;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.retention.RetentionCatalog.Keep;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionCatalog.UnfinishedBackup;
import org.tidemark.retention.RetentionCatalog.WalScope;
import org.tidemark.store.ObjectKey;

/**
 * What stays and what goes, each with its reasons. Immutable.
 *
 * @param backups oldest first
 * @param wal in order of timelines and positions
 * @param problems why nothing may be removed now; then the rest says what the policy would do
 * @param usedBytes how much of the backups that go stays, since backups that stay refer to it; 0 until
 *     {@link #withUsed}
 */
public record RetentionPlan(
        List<BackupFate> backups,
        List<UnfinishedFate> unfinished,
        List<WalFate> wal,
        List<String> problems,
        long usedBytes) {
    public RetentionPlan {
        backups = List.copyOf(backups);
        unfinished = List.copyOf(unfinished);
        wal = List.copyOf(wal);
        problems = List.copyOf(problems);
    }

    /**
     * What becomes of a backup.
     *
     * @param reasons why it stays; none: it goes
     * @param wal what stays with it
     * @param along the timelines on the path to which all WAL after it stays, with {@link WalScope#FULL}; empty: all to
     *     which it leads
     * @param goes when it goes if nothing else changes than the time; empty if that is not known, or never
     */
    public record BackupFate(
            PublishedBackup backup,
            List<Reason> reasons,
            WalScope wal,
            Optional<Set<Timeline>> along,
            Optional<Instant> goes) {
        public BackupFate {
            reasons = List.copyOf(reasons);
            along = along.map(Set::copyOf);
        }

        /** With all WAL after it. */
        BackupFate(PublishedBackup backup, List<Reason> reasons) {
            this(backup, reasons, WalScope.FULL, Optional.empty(), Optional.empty());
        }

        /** Whether all WAL after it stays on the path to a timeline to which it leads. */
        boolean isFullAlong(Timeline timeline) {
            return wal == WalScope.FULL
                    && along.map(each -> each.contains(timeline)).orElse(true);
        }

        public boolean stays() {
            return !reasons.isEmpty();
        }

        /** After how many further backups it goes, about; empty where that is not what decides. */
        public OptionalInt goesAfter() {
            int most = 0;
            for (Reason each : reasons) {
                if (each instanceof Reason.AmongNewest among && among.more().isPresent()) {
                    most = Math.max(most, among.more().getAsInt());
                } else if (!(each instanceof Reason.MinimumRedundancy)) {
                    return OptionalInt.empty();
                }
            }
            return most == 0 ? OptionalInt.empty() : OptionalInt.of(most);
        }

        /** The repository for which alone it stays. */
        public Optional<String> awaitedBy() {
            return reasons.stream()
                    .flatMap(each ->
                            each instanceof Reason.Awaited awaited ? Stream.of(awaited.repository()) : Stream.empty())
                    .findFirst();
        }
    }

    /** What becomes of objects without a backup. */
    public record UnfinishedFate(UnfinishedBackup unfinished, boolean stays) {}

    /**
     * What becomes of the archived segments in a stretch of one timeline.
     *
     * @param segments how many are archived in it, and go or stay
     * @param storedBytes of them; computed from the mean of each run, unless the plan is {@link #measured}
     * @param reason why it stays; empty: it goes
     */
    public record WalFate(Segment first, Segment last, long segments, long storedBytes, Optional<WalReason> reason) {
        public Timeline timeline() {
            return first.timeline();
        }

        public boolean stays() {
            return reason.isPresent();
        }
    }

    /** Why a backup stays. */
    public sealed interface Reason {
        /** A sentence without a full stop, which goes on after "stays: ". */
        String text();

        /** The repository has no policy. */
        record NoPolicy() implements Reason {
            @Override
            public String text() {
                return "no retention policy";
            }
        }

        /** It ended within the recovery window. */
        record WithinWindow(Instant begin) implements Reason {
            @Override
            public String text() {
                return "in the recovery window, which begins at " + UtcTime.seconds(begin);
            }
        }

        /** The first moment of the window is reached from it. */
        record FirstMoment(Instant begin, Timeline timeline) implements Reason {
            @Override
            public String text() {
                return "the recovery window begins at " + UtcTime.seconds(begin) + ", and timeline " + timeline
                        + " is recovered from this backup";
            }
        }

        /**
         * One of the newest.
         *
         * @param more after so many further backups on the path, it is not; empty on the path to a timeline that was
         *     left, which gets no more of them
         */
        record AmongNewest(int backups, Timeline timeline, OptionalInt more) implements Reason {
            @Override
            public String text() {
                return (backups == 1 ? "the newest backup" : "one of the newest " + backups + " backups")
                        + " on the path to timeline " + timeline;
            }
        }

        /** One of the newest, whatever the policy says. */
        record MinimumRedundancy(int backups) implements Reason {
            @Override
            public String text() {
                return "minimum-redundancy is " + backups;
            }
        }

        /** Nobody has read the newest one yet. */
        record NewestVerified(BackupId newest) implements Reason {
            @Override
            public String text() {
                return "verify has not read the newest backup, " + newest + ", but has read this one";
            }
        }

        /** The newest one has damaged pages. */
        record NewestSound(BackupId newest) implements Reason {
            @Override
            public String text() {
                return "the newest backup, " + newest
                        + ", holds pages that were damaged in the cluster; this is the newest one"
                        + " in which no damaged page was found";
            }
        }

        /** The newest one of a period. */
        record LongTerm(LongTermRule rule, String period) implements Reason {
            @Override
            public String text() {
                return "the last backup of " + period + " (" + rule + ")";
            }
        }

        /** The operator said so. */
        record KeptByOperator(Keep keep) implements Reason {
            @Override
            public String text() {
                return "kept"
                        + keep.until()
                                .map(until -> " until " + UtcTime.seconds(until))
                                .orElse("")
                        + keep.note().map(note -> ": \"" + note + '"').orElse("");
            }
        }

        /** The store keeps its bytes anyway. */
        record Locked(Instant until) implements Reason {
            @Override
            public String text() {
                return "locked in the store until " + UtcTime.seconds(until);
            }
        }

        /** Whether the operator said so, cannot be read. */
        record KeepUnreadable(String problem) implements Reason {
            @Override
            public String text() {
                return "it may be kept: " + problem;
            }
        }

        /** The path to its timeline cannot be told. */
        record UnknownHistory(Timeline timeline) implements Reason {
            @Override
            public String text() {
                return "the history of timeline " + timeline + " is not in the repository";
            }
        }

        /** Only clocks that were ahead dated it. */
        record DatedAhead(Instant ended) implements Reason {
            @Override
            public String text() {
                return "it is dated " + UtcTime.seconds(ended)
                        + ", in the future, and no later backup or WAL shows its age";
            }
        }

        /** The operator named others. */
        record NotNamed() implements Reason {
            @Override
            public String text() {
                return "it was not named";
            }
        }

        /** It goes in a later run, since this one removes only a part of all backups. */
        record LaterRun() implements Reason {
            @Override
            public String text() {
                return "it goes in the next run: the first run of a new policy removes only a part of the backups";
            }
        }

        /** Another repository may lack it. */
        record Awaited(String repository) implements Reason {
            @Override
            public String text() {
                return "'" + repository + "' may lack it, and would keep it by its own policy";
            }
        }

        /** No recovery can begin with it now, but a rule would keep it if it were repaired. */
        record MayBeRepaired(String problem) implements Reason {
            @Override
            public String text() {
                return "it is broken, but would be kept if it were repaired: " + problem;
            }
        }
    }

    /** Why WAL stays. */
    public enum WalReason {
        NEEDED("a backup that stays is recovered with it"),
        NO_POLICY("no retention policy"),
        NO_BACKUP("no usable backup stays, so it cannot be told from where WAL is needed"),
        BACKUP_RUNNING("a backup that has begun may need it"),
        UNKNOWN_HISTORY("the history of its timeline is not in the repository"),
        NO_BACKUP_ON_TIMELINE("no backup leads to its timeline, and it is newer than the oldest backup that stays"),
        AWAITED("another repository may lack it, and would keep it by its own policy"),
        BACKUP_TO_COME("a backup needs it that 'tidemark sync' still has to copy from another repository");

        private final String text;

        WalReason(String text) {
            this.text = text;
        }

        /** A sentence without a full stop, which goes on after "stays: ". */
        public String text() {
            return text;
        }
    }

    /** The backups that go, oldest first. */
    public List<PublishedBackup> leaving() {
        return backups.stream()
                .filter(each -> !each.stays())
                .map(BackupFate::backup)
                .toList();
    }

    /** The backups that stay for another repository alone, oldest first. */
    public List<PublishedBackup> awaitedBackups() {
        return backups.stream()
                .filter(each -> each.awaitedBy().isPresent())
                .map(BackupFate::backup)
                .toList();
    }

    /** The WAL that stays for another repository alone. */
    public List<WalFate> awaitedWal() {
        return wal.stream()
                .filter(each -> each.reason().equals(Optional.of(WalReason.AWAITED)))
                .toList();
    }

    /** The ids without a backup whose objects go. */
    public List<BackupId> abandoned() {
        return unfinished.stream()
                .filter(each -> !each.stays())
                .map(each -> each.unfinished().id())
                .toList();
    }

    /** The WAL that goes. */
    public List<WalFate> leavingWal() {
        return wal.stream().filter(each -> !each.stays()).toList();
    }

    /**
     * The same plan, which knows what of the backups that go is still used. Reads the lists of bundles of those that
     * refer to others.
     */
    public RetentionPlan withUsed(BackupCatalog catalog) throws IOException {
        Set<BackupId> going = leaving().stream().map(PublishedBackup::id).collect(Collectors.toSet());
        Map<ObjectKey, Long> used = new HashMap<>();
        for (CatalogEntry entry : going.isEmpty() ? List.<CatalogEntry>of() : catalog.list()) {
            if (entry instanceof CatalogEntry.Published each
                    && each.backup().objects().referredSizeBytes() > 0
                    && !going.contains(each.id())) {
                for (BundleRef bundle : catalog.bundles(each.backup()).values()) {
                    if (going.contains(bundle.id())) {
                        used.put(
                                catalog.keys(bundle.id()).bundle(bundle.number()),
                                bundle.object().sizeBytes());
                    }
                }
            }
        }
        return new RetentionPlan(
                backups,
                unfinished,
                wal,
                problems,
                used.values().stream().mapToLong(Long::longValue).sum());
    }

    /** The stored bytes of the backups that go, without those that are still used. */
    public long leavingBackupBytes() {
        return leaving().stream().mapToLong(PublishedBackup::storedBytes).sum() - usedBytes;
    }

    /**
     * The same plan with the real size of the WAL that goes: an inventory knows the mean of many segments alone, and a
     * segment that was closed early is much smaller than others. Lists this WAL.
     */
    public RetentionPlan measured(ClusterArchive archive) throws IOException {
        List<WalFate> sizes = new ArrayList<>();
        for (WalFate fate : wal) {
            sizes.add(
                    fate.stays()
                            ? fate
                            : new WalFate(
                                    fate.first(),
                                    fate.last(),
                                    fate.segments(),
                                    WalRemoval.bytes(archive, fate.first(), fate.last()),
                                    fate.reason()));
        }
        return new RetentionPlan(backups, unfinished, sizes, problems, usedBytes);
    }

    public boolean removesNothing() {
        return leaving().isEmpty() && abandoned().isEmpty() && leavingWal().isEmpty();
    }

    /** One line for people. */
    public String summary() {
        long segments = leavingWal().stream().mapToLong(WalFate::segments).sum();
        long bytes = leavingBackupBytes()
                + leavingWal().stream().mapToLong(WalFate::storedBytes).sum();
        List<String> parts = new ArrayList<>();
        if (!leaving().isEmpty()) {
            parts.add(Amounts.count(leaving().size(), "backup", "backups"));
        }
        if (!abandoned().isEmpty()) {
            parts.add("what no backup uses of the remains of "
                    + Amounts.count(abandoned().size(), "backup", "backups"));
        }
        if (segments > 0 || parts.isEmpty()) {
            parts.add(Amounts.count(segments, "segment", "segments"));
        }
        return String.join(" and ", parts) + ", about " + Amounts.size(bytes)
                + (usedBytes == 0 ? "" : "; " + Amounts.size(usedBytes) + " more stay, which other backups use");
    }
}
