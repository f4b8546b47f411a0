// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UtcTime;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.StandbySettings;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.restore.RestorePlan.Chosen;
import org.tidemark.restore.RestorePlan.TargetDirectory;

/**
 * What the data directory of the original cluster tells of the WAL that a copy replays, where it is on this host. A
 * copy beside it must not write into the original's tablespaces: the replay of CREATE TABLESPACE empties the directory
 * that the record names, and PostgreSQL knows no way to lead it elsewhere (create_tablespace_directories() in
 * src/backend/commands/tablespace.c). Immutable.
 *
 * @param tablespaces those outside of the data directory
 * @param settings what PostgreSQL demands of a server that replays this cluster's WAL
 */
record OriginalCluster(Path directory, List<Tablespace> tablespaces, StandbySettings settings) {
    /** The values that PostgreSQL takes where the configuration gives none. */
    private static final Map<String, Integer> DEFAULTS = Map.of(
            "max_connections", 100,
            "max_worker_processes", 8,
            "max_wal_senders", 10,
            "max_prepared_transactions", 0,
            "max_locks_per_transaction", 64);

    OriginalCluster {
        tablespaces = List.copyOf(tablespaces);
    }

    /**
     * A link in pg_tblspc.
     *
     * @param created when the link was made: with the tablespace, or with the data directory
     */
    record Tablespace(String oid, Path place, Instant created) {}

    /** Looks at a data directory; what cannot be read there is left out. */
    static Optional<OriginalCluster> of(Path directory, SystemIdentifier system) {
        try {
            ControlFile control = ControlFile.read(directory);
            return control.system().equals(system)
                    ? Optional.of(new OriginalCluster(directory, links(directory), control.settings()))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static List<Tablespace> links(Path directory) {
        List<Tablespace> links = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory.resolve("pg_tblspc"))) {
            for (Path entry : entries) {
                if (Files.isSymbolicLink(entry)) {
                    links.add(new Tablespace(
                            entry.getFileName().toString(),
                            Files.readSymbolicLink(entry),
                            Files.getLastModifiedTime(entry, LinkOption.NOFOLLOW_LINKS)
                                    .toInstant()));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return links;
        }
        return links;
    }

    /** Tablespaces that the backup does not have: the recovery may make them where the original has them. */
    List<PlanFinding> laterTablespaces(Chosen plan) {
        List<String> known = plan.directories().stream()
                .flatMap(each -> each instanceof TargetDirectory.Tablespace of ? Stream.of(of.oid()) : Stream.empty())
                .toList();
        return plan.request().directory().equals(directory)
                ? List.of()
                : tablespaces.stream()
                        .filter(each -> !known.contains(each.oid()) && isReached(plan, each))
                        .map(this::finding)
                        .toList();
    }

    /** A link that is younger than the target time may be older than its tablespace: the directory was restored. */
    private static boolean isReached(Chosen plan, Tablespace tablespace) {
        return switch (plan.request().target()) {
            case RecoveryTarget.Immediate _ -> false;
            case RecoveryTarget.AtTime at -> !at.time().isBefore(tablespace.created());
            default -> true;
        };
    }

    private PlanFinding finding(Tablespace tablespace) {
        return PlanFinding.problem(
                ExitCode.RESTORE_REFUSED,
                Topic.WRITE,
                "the tablespace in '" + tablespace.place()
                        + "' was created after this backup: the recovery would create"
                        + " it again in that directory, which the cluster in '" + directory + "' uses, and delete what"
                        + " is in it",
                "Recover to a time before " + UtcTime.seconds(tablespace.created())
                        + ", take a newer backup, or restore on another host. If that cluster is not needed any more,"
                        + " remove the link '" + directory.resolve("pg_tblspc").resolve(tablespace.oid()) + "'.");
    }

    /**
     * The settings that must be higher than the backup has them, or PostgreSQL stops the recovery where they were
     * raised.
     *
     * @param configured what the backup's configuration sets
     */
    Map<String, String> raised(Map<String, String> configured) {
        Map<String, String> raised = new LinkedHashMap<>();
        settings.minimums().forEach((name, value) -> {
            String text = configured.getOrDefault(name, "");
            int own = text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : DEFAULTS.getOrDefault(name, 0);
            if (value > own) {
                raised.put(name, Integer.toString(value));
            }
        });
        return raised;
    }

    /** Says why settings are raised. */
    static List<PlanFinding> notes(Map<String, String> raised) {
        return raised.isEmpty()
                ? List.of()
                : List.of(PlanFinding.note(
                        Topic.SETTINGS,
                        "as on the original now, since its WAL cannot be replayed with less: "
                                + raised.entrySet().stream()
                                        .map(each -> each.getKey() + " = " + each.getValue())
                                        .collect(Collectors.joining(", "))));
    }
}
