// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.request;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.recoverability.RecoveryRequest;
import org.tidemark.recoverability.TimelineChoice;

/**
 * What an operator asks of a restore. Immutable.
 *
 * @param directory where the data directory is to stand; absolute
 * @param backupId the backup to take; without one, the best for the target is chosen
 * @param occupied what becomes of a cluster that is in the directory; without it, only an empty directory is filled
 * @param wal where the recovery takes its WAL from
 * @param configuration what becomes of the files that the server read outside of its data directory
 */
public record RestoreRequest(
        Path directory,
        Role role,
        TimelineChoice timeline,
        Optional<String> backupId,
        Places places,
        Optional<Occupied> occupied,
        Wal wal,
        ConfigurationChoice configuration) {
    /** Where the recovery takes its WAL from. */
    public enum Wal {
        /** The repositories, by this program. */
        ARCHIVE,
        /** A copy beside the data directory, by a shell: the restore needs neither a repository nor this program. */
        COPY
    }

    /** Where the server's configuration goes. */
    public enum ConfigurationChoice {
        /** Beside the data directory, unless this host has it. */
        AUTO,
        /** Into a directory beside the data directory. */
        BESIDE,
        /** Where it was; what is there is not overwritten. */
        RESTORE,
        NONE
    }

    /** What becomes of a cluster that is where the restored one is to stand. */
    public sealed interface Occupied {
        /** Whether the operator knows that no server uses the directory, on any host. */
        boolean isStopped();
    }

    /** A cluster of the same system is gone over: only what differs is read and written. */
    public record Delta(boolean isStopped) implements Occupied {}

    /** Its directories are renamed, and stay as they are. */
    public record MoveAside(boolean isStopped) implements Occupied {}

    /**
     * Where tablespaces and pg_wal are to stand instead of where they stood. Immutable.
     *
     * @param named by a tablespace's name, its OID in decimal digits, or the last part of its old place
     * @param below the directory in which every other one gets a directory of its own; absolute
     * @param wal where pg_wal is to stand; absolute; without it, in the data directory
     * @param links where those of the cluster lead that a restore goes over, by their OID; any other one that the
     *     cluster has stays there
     */
    public record Places(Map<String, Path> named, Optional<Path> below, Optional<Path> wal, Map<String, Path> links) {
        /** Each stands where it stood. */
        public static final Places AS_THEY_WERE = new Places(Map.of(), Optional.empty(), Optional.empty());

        public Places {
            named = Map.copyOf(named);
            links = Map.copyOf(links);
        }

        /** The same, before the cluster is known. */
        public Places(Map<String, Path> named, Optional<Path> below, Optional<Path> wal) {
            this(named, below, wal, Map.of());
        }
    }

    public RestoreRequest {
        if (!directory.isAbsolute()) {
            throw new IllegalArgumentException("not an absolute directory: '" + directory + "'");
        }
        directory = directory.normalize();
    }

    /** Everything that there is, from the best backup, with nothing put elsewhere. */
    public static RestoreRequest of(Path directory, RecoveryTarget target) {
        return new RestoreRequest(
                directory,
                new Role.Recovery(target, Optional.empty()),
                TimelineChoice.LATEST,
                Optional.empty(),
                Places.AS_THEY_WERE,
                Optional.empty(),
                Wal.ARCHIVE,
                ConfigurationChoice.AUTO);
    }

    /** The same in another directory. */
    public RestoreRequest in(Path other) {
        return new RestoreRequest(other, role, timeline, backupId, places, occupied, wal, configuration);
    }

    public RestoreRequest withBackup(String id) {
        return new RestoreRequest(directory, role, timeline, Optional.of(id), places, occupied, wal, configuration);
    }

    public RestoreRequest withTimeline(TimelineChoice choice) {
        return new RestoreRequest(directory, role, choice, backupId, places, occupied, wal, configuration);
    }

    public RestoreRequest withAction(Action chosen) {
        return withRole(new Role.Recovery(target(), Optional.of(chosen)));
    }

    public RestoreRequest withRole(Role of) {
        return new RestoreRequest(directory, of, timeline, backupId, places, occupied, wal, configuration);
    }

    public RestoreRequest withTablespaces(Map<String, Path> named) {
        return placing(new Places(named, places.below(), places.wal()));
    }

    public RestoreRequest withTablespacesBelow(Path place) {
        return placing(new Places(places.named(), Optional.of(place), places.wal()));
    }

    public RestoreRequest withWalIn(Path place) {
        return placing(new Places(places.named(), places.below(), Optional.of(place)));
    }

    /** The same over a cluster whose tablespaces are there. */
    public RestoreRequest whereLinksLead(Map<String, Path> links) {
        return placing(new Places(places.named(), places.below(), places.wal(), links));
    }

    private RestoreRequest placing(Places places) {
        return new RestoreRequest(directory, role, timeline, backupId, places, occupied, wal, configuration);
    }

    public RestoreRequest over(Occupied cluster) {
        return new RestoreRequest(
                directory, role, timeline, backupId, places, Optional.of(cluster), wal, configuration);
    }

    /** Whether the restore may go over a cluster that is there. */
    public boolean isDelta() {
        return occupied.filter(Delta.class::isInstance).isPresent();
    }

    public RestoreRequest withCopiedWal() {
        return new RestoreRequest(directory, role, timeline, backupId, places, occupied, Wal.COPY, configuration);
    }

    public RestoreRequest withConfiguration(ConfigurationChoice choice) {
        return new RestoreRequest(directory, role, timeline, backupId, places, occupied, wal, choice);
    }

    /** What of it decides which backup is taken. */
    public RecoveryRequest recovery() {
        return new RecoveryRequest(target(), timeline, backupId);
    }

    public RecoveryTarget target() {
        return role.target();
    }
}
