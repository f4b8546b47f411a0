// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.search;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.image.BackupSources;
import org.tidemark.postgres.names.QualifiedName;
import org.tidemark.postgres.names.Relation;
import org.tidemark.postgres.wal.change.Moment;
import org.tidemark.recoverability.ArchivedPath;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.walsearch.BackupNames;
import org.tidemark.walsearch.ChangeSearch;
import org.tidemark.walsearch.KnownNames.AtBackup;
import org.tidemark.walsearch.SearchQuestion;

/**
 * A search in the archived WAL of a cluster. Immutable.
 *
 * @param question that was asked
 * @param timeline whose path was searched
 * @param others timelines that are not on that path, and were not searched
 * @param searched the segments that were read, in order
 * @param names the backups that the names are from, the newest first; none if none can be read
 * @param whyNoNames why one of them cannot be read
 * @param newest the end of the last archived transaction
 * @param isFromTheStart whether no older WAL is archived
 * @param isPartitioned whether the table that was asked for is partitioned: its rows are in its partitions
 * @param unreachable those positions of what was found to which no backup and archived WAL lead
 */
public record ArchiveSearch(
        ClusterIdentity identity,
        SearchQuestion question,
        Timeline timeline,
        List<Timeline> others,
        List<Segment> searched,
        boolean isFromTheStart,
        List<BackupCandidate> names,
        Optional<UserFacingException> whyNoNames,
        boolean isPartitioned,
        ChangeSearch.Result result,
        Set<Lsn> unreachable,
        Optional<Instant> newest,
        RepositoryReadings repositories) {
    public ArchiveSearch {
        others = List.copyOf(others);
        searched = List.copyOf(searched);
        names = List.copyOf(names);
        unreachable = Set.copyOf(unreachable);
    }

    /**
     * Where to look. Immutable.
     *
     * @param since of the transactions' ends; empty: {@code back} before the newest one
     * @param back how far back from the newest transaction, if {@code since} is not given
     * @param until of the transactions' ends; empty: to the end
     * @param timeline whose path is searched; empty: the newest one
     */
    public record Span(Optional<Instant> since, Duration back, Optional<Instant> until, Optional<Timeline> timeline) {}

    /**
     * Searches in all repositories that answer.
     *
     * @throws UserFacingException NO_BACKUP if no WAL is archived; USAGE if there is no such timeline or table
     */
    public static ArchiveSearch run(
            Session session, SearchQuestion question, Span span, Clock clock, ChangeSearch.Progress progress)
            throws IOException {
        SearchedArchive archive = SearchedArchive.of(session, span.timeline(), clock);
        ClusterReading reading = archive.reading();
        ClusterIdentity identity = archive.identity();
        ArchivedPath.Times times = archive.times();
        Optional<Instant> newest = archive.whole().newest(times);
        Optional<Instant> since = span.since().isPresent() ? span.since() : newest.map(each -> each.minus(span.back()));
        requireOrder(span);
        ArchivedPath path = archive.whole().within(since, span.until(), times);
        Names names = Names.of(path, reading.of(identity), question);
        ChangeSearch search = ChangeSearch.of(
                archive.sources(),
                archive.size(),
                session.configuration()
                        .host()
                        .effectiveRestoreJobs(Runtime.getRuntime().availableProcessors()),
                question,
                names.known(),
                since,
                span.until());
        boolean isFromTheStart = path.segments().stream()
                .findFirst()
                .equals(archive.whole().segments().stream().findFirst());
        ChangeSearch.Result result = search.run(path.segments(), isFromTheStart, progress);
        if (!search.knowsTheTable()) {
            throw unknownTable(question, names);
        }
        return new ArchiveSearch(
                identity,
                question,
                archive.timeline(),
                path.others(),
                path.segments(),
                isFromTheStart,
                names.backups(),
                names.why(),
                names.isPartitioned(question),
                result,
                unreachable(archive, result),
                newest,
                reading.repositories());
    }

    private static UserFacingException unknownTable(SearchQuestion question, Names names) {
        Optional<String> other = names.otherwiseWritten(question);
        if (other.isPresent()) {
            return new UserFacingException(
                    ExitCode.USAGE,
                    "there is no table or database " + question.table().orElseThrow() + ", but there is " + other.get(),
                    "In a shell, capital letters and other characters need both kinds of quotes: --table '"
                            + other.get() + "'");
        }
        return new UserFacingException(
                ExitCode.USAGE,
                "there is no table or database " + question.table().orElseThrow()
                        + (names.backups().isEmpty()
                                ? ": no backup that can be read tells the names of tables"
                                : " in the "
                                        + (names.backups().size() == 1 ? "backup " : "backups ")
                                        + names.backups().stream()
                                                .map(BackupCandidate::id)
                                                .sorted()
                                                .collect(Collectors.joining(", ")))
                        + ", and none was created in the WAL that was searched",
                "Was it created longer ago? Look further back with --since. To see all changes: tidemark wal-search");
    }

    private static void requireOrder(Span span) {
        Optional<Instant> since = span.since();
        if (since.isPresent() && span.until().filter(since.get()::isAfter).isPresent()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--since " + UtcTime.exact(since.get()) + " is later than --until "
                            + UtcTime.exact(span.until().orElseThrow()),
                    "Exchange them.");
        }
    }

    private static Set<Lsn> unreachable(SearchedArchive archive, ChangeSearch.Result result) {
        return archive.unreachable(
                result.hits().stream()
                        .flatMap(each -> Stream.concat(each.look().stream(), Stream.of(each.restore())))
                        .map(Moment::at)
                        .toList(),
                result.missing());
    }

    /** The names of tables, as far as backups tell them. */
    private static final class Names {
        /** A table that was created and dropped within the span is looked for in so many more backups. */
        private static final int MOST_MORE = 6;

        private final List<IncarnationReading> readings;
        private final List<BackupCandidate> backups = new ArrayList<>();
        private final List<AtBackup> known = new ArrayList<>();
        private Optional<UserFacingException> why = Optional.empty();

        private Names(List<IncarnationReading> readings) {
            this.readings = readings;
        }

        /** Of the newest backup, and of the one from before the span, which has what was dropped in it. */
        static Names of(ArchivedPath path, List<IncarnationReading> readings, SearchQuestion question) {
            Names names = new Names(readings);
            List<BackupCandidate> newestFirst = path.backups().reversed();
            Optional<BackupCandidate> before = path.backupBefore();
            newestFirst.stream().findFirst().ifPresent(names::add);
            before.filter(each -> !names.backups.contains(each)).ifPresent(names::add);
            for (BackupCandidate each : newestFirst) {
                if (question.isNamed(names.known)
                        || before.filter(each::equals).isPresent()
                        || names.backups.size() > MOST_MORE) {
                    break;
                }
                if (!names.backups.contains(each)) {
                    names.add(each);
                }
            }
            return names;
        }

        private void add(BackupCandidate backup) {
            try {
                known.add(new AtBackup(
                        backup.stopLsn(), BackupNames.read(sources(readings, backup), new BackupId(backup.id()))));
                backups.add(backup);
            } catch (UserFacingException e) {
                why = why.or(() -> Optional.of(e));
            }
        }

        /** A table whose name differs in capital letters alone, as SQL writes it. */
        Optional<String> otherwiseWritten(SearchQuestion question) {
            String wanted = question.table().orElse("").replace("\"", "");
            String last = wanted.substring(wanted.lastIndexOf('.') + 1);
            String before = wanted.substring(0, wanted.length() - last.length());
            return known.stream()
                    .flatMap(each -> each.names().relations().stream())
                    .map(Relation::name)
                    .filter(each -> each.equalsIgnoreCase(last)
                            && !QualifiedName.parse(question.table().orElseThrow())
                                    .name()
                                    .equals(each))
                    .findFirst()
                    .map(each -> before + '"' + each.replace("\"", "\"\"") + '"');
        }

        /** Whether each table of the name is partitioned. */
        boolean isPartitioned(SearchQuestion question) {
            List<Relation> all = known.stream()
                    .flatMap(each -> question.in(each.names()).stream())
                    .toList();
            return !all.isEmpty() && all.stream().allMatch(each -> each.kind() == Relation.Kind.PARTITIONED_TABLE);
        }

        List<AtBackup> known() {
            return known;
        }

        List<BackupCandidate> backups() {
            return backups;
        }

        Optional<UserFacingException> why() {
            return why;
        }
    }

    private static BackupSources sources(List<IncarnationReading> readings, BackupCandidate backup) {
        return new BackupSources(readings.stream()
                .filter(each -> backup.repositories().contains(each.repository()))
                .map(each -> new BackupSources.Source(
                        each.repository(), each.archive().backups()))
                .toList());
    }
}
