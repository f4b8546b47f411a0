// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.archiver.FileNames;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;
import org.tidemark.session.Session;

/**
 * WAL that PostgreSQL counts as archived and no repository has, as after an archive_command that did nothing. pg_wal
 * alone still has it, until a checkpoint removes it there; and a backup begins with one. Used by one thread.
 */
public final class ForgottenWal {
    /** Of src/backend/postmaster/pgarch.c: what was archived may be removed. */
    private static final String DONE = ".done";

    private final Session session;
    private final Clock clock;
    private final Path wal;
    private final ControlFile control;
    private final Map<RepositorySettings, ClusterArchive> archives = new LinkedHashMap<>();

    private ForgottenWal(Session session, Clock clock, Path data, ControlFile control) {
        this.session = session;
        this.clock = clock;
        this.wal = data.resolve("pg_wal");
        this.control = control;
    }

    /**
     * Archives it from the data directory of this host, in each repository that answers. A backup needs none of it, so
     * nothing that fails here keeps one from being taken.
     *
     * @return what was done and what was not; nothing where nothing was forgotten, or the server is on another host
     */
    public static List<Finding> archive(Session session, Clock clock) {
        Optional<Path> data = session.cluster()
                .filter(cluster -> cluster.sshHost().isEmpty())
                .flatMap(ClusterSettings::dataDirectory);
        if (data.isEmpty()) {
            return List.of();
        }
        try {
            ControlFile control = ControlFile.read(data.get());
            // A standby counts what it receives as archived, and its primary archives it.
            return control.state() == ControlFile.ClusterState.IN_PRODUCTION
                    ? new ForgottenWal(session, clock, data.get(), control).archive()
                    : List.of();
        } catch (IOException e) {
            return List.of(); // another user's directory; check says so
        }
    }

    private List<Finding> archive() throws IOException {
        List<Segment> done = done(FileNames.in(wal.resolve("archive_status")), control.walSegmentSize()).stream()
                .filter(this::isWhole)
                .toList();
        if (done.isEmpty()) {
            return List.of();
        }
        Set<Segment> forgotten = new TreeSet<>(done);
        Set<Segment> wanted = new TreeSet<>();
        for (RepositorySettings settings : session.repositorySettings()) {
            try {
                Optional<ClusterArchive> archive = session.repository(settings)
                        .incarnation(session.cluster().orElseThrow().name(), control.system());
                if (archive.isPresent()) {
                    archives.put(settings, archive.get());
                    look(archive.get().wal(), done, forgotten, wanted);
                }
            } catch (IOException | UserFacingException e) {
                archives.remove(settings); // the backup says why
            }
        }
        forgotten.retainAll(wanted);
        return forgotten.isEmpty() ? List.of() : archive(List.copyOf(forgotten));
    }

    /** WAL from before the archive began is not asked for, nor what an expiry removed. */
    private static void look(WalArchive archive, List<Segment> done, Set<Segment> forgotten, Set<Segment> wanted)
            throws IOException {
        forgotten.removeAll(archive.listing().archivedAmong(done));
        List<RemovedWal> removed =
                forgotten.isEmpty() ? List.of() : archive.gaps().removed();
        for (Segment each : forgotten) {
            boolean follows = archive.listing()
                    .first(each.timeline())
                    .filter(first -> first.compareTo(each) < 0)
                    .isPresent();
            if (follows && removed.stream().noneMatch(range -> range.contains(each))) {
                wanted.add(each);
            }
        }
    }

    /** The segments that PostgreSQL counts as archived, in order. */
    static List<Segment> done(Collection<String> names, WalSegmentSize size) {
        return names.stream()
                .filter(name -> name.endsWith(DONE))
                .map(name -> name.substring(0, name.length() - DONE.length()))
                .flatMap(name -> WalNames.segment(name).stream())
                .filter(segment -> segment.fits(size))
                .sorted()
                .toList();
    }

    private boolean isWhole(Segment segment) {
        try {
            return Files.size(wal.resolve(segment.name()))
                    == control.walSegmentSize().bytes();
        } catch (IOException e) {
            return false;
        }
    }

    private List<Finding> archive(List<Segment> forgotten) {
        List<Finding> findings = new ArrayList<>();
        Set<Segment> archived = new TreeSet<>();
        archives.forEach((settings, archive) -> {
            PushTarget target = new PushTarget(
                    settings.name(),
                    settings.encoding(),
                    _ -> archive,
                    () -> session.repositories().rememberedId(settings));
            try {
                for (Segment each : forgotten) {
                    new WalPusher(target, session.spool(), clock)
                            .push(new PushRequest(each, wal.resolve(each.name()), control));
                    archived.add(each);
                }
            } catch (IOException | UserFacingException e) {
                UserFacingException failure = StorageErrors.explainUnlessInterrupted(e);
                findings.add(Finding.warning(
                        "wal",
                        "'" + settings.name() + "': WAL that only pg_wal has could not be archived: "
                                + failure.getMessage(),
                        failure.hint()));
            }
        });
        if (!archived.isEmpty()) {
            List<Segment> all = List.copyOf(archived);
            findings.addFirst(
                    Finding.warning(
                            "wal",
                            Amounts.count(all.size(), "segment", "segments")
                                    + " that PostgreSQL counts as archived, and no repository had, "
                                    + (all.size() == 1 ? "was archived" : "were archived") + " from pg_wal: "
                                    + all.getFirst()
                                    + (all.size() == 1 ? "" : " to " + all.getLast()),
                            "Find out what did not archive it: archive_command may have been another one. See: tidemark check"));
        }
        return findings;
    }
}
