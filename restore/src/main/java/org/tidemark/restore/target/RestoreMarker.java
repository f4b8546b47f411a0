// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
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
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonObject;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.StartFrom.Move;
import org.tidemark.store.ObjectKey;

/**
 * The file that makes a directory known as one that a restore has begun to fill: first to be written, last to be
 * removed. Immutable.
 *
 * @param isDelta whether the directory held a cluster before: then its files prove nothing until the restore has looked
 *     at all of them, and written a marker that says no
 * @param moved what was moved aside when the restore began: the plan of the run that completes it says how to take it
 *     back
 */
public record RestoreMarker(SystemIdentifier system, String backupId, Instant started, boolean isDelta, List<Move> moved) {
    /** Of the file, in each directory. */
    public static final String NAME = "tidemark.restore";

    private static final String KIND = "kind";
    private static final String DELTA = "delta";
    private static final String MOVED = "moved";
    /** No path contains it. */
    private static final String SEPARATOR = "\0";

    private static final ObjectKey KEY = new ObjectKey(NAME);

    public RestoreMarker {
        moved = List.copyOf(moved);
    }

    /** The marker of a directory; empty if there is none that can be read. */
    static Optional<RestoreMarker> find(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > ChecksummedJson.SMALL_BYTES) {
            return Optional.empty();
        }
        try {
            JsonObject members = ChecksummedJson.read(Files.readAllBytes(file), KEY);
            return Optional.of(new RestoreMarker(
                    SystemIdentifier.parse(members.text("systemIdentifier")),
                    members.text("backup"),
                    Instant.parse(members.text("started")),
                    members.optionalText(KIND).filter(DELTA::equals).isPresent(),
                    moves(members.optionalText(MOVED).orElse(""))));
        } catch (DamagedObjectException | UserFacingException | IllegalArgumentException e) {
            // Not written by a restore: then the files beside it were not either.
            return Optional.empty();
        }
    }

    /** That of a restore into an empty directory. */
    public RestoreMarker(SystemIdentifier system, String backupId, Instant started) {
        this(system, backupId, started, false, List.of());
    }

    private static List<Move> moves(String text) {
        List<Move> moves = new ArrayList<>();
        String[] paths = text.split(SEPARATOR, -1);
        for (int i = 0; i + 1 < paths.length; i += 2) {
            moves.add(new Move(Path.of(paths[i]), Path.of(paths[i + 1])));
        }
        return moves;
    }

    /** The same of a restore that has looked at every file. */
    RestoreMarker complete() {
        return new RestoreMarker(system, backupId, started);
    }

    boolean isOfTheSameBackup(RestoreMarker other) {
        return system.equals(other.system) && backupId.equals(other.backupId) && isDelta == other.isDelta;
    }

    /**
     * Durable on return. Never takes the place of another marker: of two restores that begin at once, one is refused.
     *
     * @throws UserFacingException {@link ExitCode#RESTORE_REFUSED} if there is one already
     */
    public void write(Path directory, FileOwner owner) throws IOException {
        try {
            DurableFile.create(directory.resolve(NAME), document(), owner.with(0600));
        } catch (FileAlreadyExistsException e) {
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    "another restore into '" + directory + "' has begun",
                    "Wait until it has ended, or restore into another directory.",
                    e);
        }
    }

    /** Takes the place of another marker, whose lock this process has. Durable on return. */
    void replace(Path directory, FileOwner owner) throws IOException {
        DurableFile.replace(directory.resolve(NAME), document(), owner.with(0600));
    }

    private byte[] document() {
        Map<String, String> members = new LinkedHashMap<>();
        members.put("systemIdentifier", system.toString());
        members.put("backup", backupId);
        members.put("started", started.toString());
        if (isDelta) {
            members.put(KIND, DELTA);
        }
        if (!moved.isEmpty()) {
            members.put(
                    MOVED,
                    moved.stream()
                            .map(each -> each.from() + SEPARATOR + each.to())
                            .collect(Collectors.joining(SEPARATOR)));
        }
        return ChecksummedJson.write(members);
    }

    /** Durable on return; nothing happens if there is none. */
    static void remove(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve(NAME));
        DurableFile.sync(directory);
    }
}
