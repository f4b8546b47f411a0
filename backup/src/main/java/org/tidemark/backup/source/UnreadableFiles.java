// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostFiles;
import org.tidemark.core.HostFiles.Owner;
import org.tidemark.core.HostFiles.Stat;
import org.tidemark.core.PathBytes;
import org.tidemark.core.ShellWord;
import org.tidemark.core.UserFacingException;

/**
 * Files and directories that a backup has to read and that this user may not read, and what to do about them. Not
 * thread-safe.
 */
final class UnreadableFiles {
    /** The maximum number of names in one message. */
    static final int NAMED = 20;

    /** So many are counted: something is wrong with all of them. */
    static final int COUNTED = 1000;

    private static final int OWNER_READS = 0400;
    private static final int OWNER_LISTS = 0500;

    /** Why a file cannot be read, by which its remedy differs. */
    private enum Reason {
        /** It does not belong to the owner of the data directory, as whom PostgreSQL runs. */
        FOREIGN,
        /** Its mode denies it to its owner. */
        MODE,
        /** Its owner may read it, so this user is another one. */
        READER
    }

    /** The files of one reason: the first one, and how many there are. */
    private record Group(String first, boolean isDirectory, int count) {}

    private final HostFiles files;
    private final String root;
    private final List<String> named = new ArrayList<>();
    private final Map<Reason, Group> groups = new EnumMap<>(Reason.class);
    private Optional<AccessDeniedException> cause = Optional.empty();

    /** @param root the data directory, absolute */
    UnreadableFiles(HostFiles files, String root) {
        this.files = files;
        this.root = root;
    }

    /**
     * Adds one.
     *
     * @param path absolute
     * @throws UserFacingException as {@link #requireNone()}, if there are {@value #COUNTED}
     */
    void add(String path, AccessDeniedException failure) throws IOException {
        Optional<Stat> found;
        try {
            found = files.stat(path);
        } catch (AccessDeniedException e) {
            found = Optional.empty(); // A directory above it is closed.
        }
        if (named.size() < NAMED) {
            named.add("'" + PathBytes.printable(path) + "'");
        }
        groups.merge(
                reason(found),
                new Group(path, found.filter(Stat::isDirectory).isPresent(), 1),
                (all, _) -> new Group(all.first(), all.isDirectory(), all.count() + 1));
        cause = cause.or(() -> Optional.of(failure));
        if (count() == COUNTED) {
            requireNone();
        }
    }

    private int count() {
        return groups.values().stream().mapToInt(Group::count).sum();
    }

    /**
     * Ends the backup.
     *
     * @throws UserFacingException {@link ExitCode#LOCAL_FILES} if there is one
     */
    void requireNone() {
        if (cause.isPresent()) {
            int more = count() - named.size();
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "no right to read "
                            + (count() == COUNTED ? "at least " : "")
                            + (count() > 1 ? count() + " files and directories: " : "")
                            + String.join(", ", named)
                            + (more > 0 ? " and " + more + " more" : "")
                            + "; there is no backup",
                    groups.entrySet().stream()
                            .map(each -> hint(each.getKey(), each.getValue()))
                            .collect(Collectors.joining(" ")),
                    cause.get());
        }
    }

    private Reason reason(Optional<Stat> found) throws IOException {
        Optional<Integer> owner = found.flatMap(Stat::owner).map(Owner::user);
        Optional<Integer> postgres = files.stat(root).flatMap(Stat::owner).map(Owner::user);
        if (owner.isPresent() && postgres.isPresent() && !owner.equals(postgres)) {
            return Reason.FOREIGN;
        }
        return found.filter(stat -> !ownerMayRead(stat)).isPresent() ? Reason.MODE : Reason.READER;
    }

    private static boolean ownerMayRead(Stat stat) {
        int needed = stat.isDirectory() ? OWNER_LISTS : OWNER_READS;
        return (stat.mode() & needed) == needed;
    }

    private String hint(Reason reason, Group group) {
        String first = ShellWord.quoted(PathBytes.printable(group.first()));
        String which = first + (group.count() > 1 ? " and " + (group.count() - 1) + " more" : "");
        boolean one = group.count() == 1;
        return switch (reason) {
            case FOREIGN ->
                which + (one ? " does" : " do") + " not belong to the owner of the data directory, so PostgreSQL"
                        + " cannot read " + (one ? "it" : "them") + " either. Move " + (one ? "it" : "them")
                        + " elsewhere, or run as root: chown --reference="
                        + ShellWord.quoted(PathBytes.printable(root)) + " " + first;
            case MODE ->
                "The mode of " + which + " denies the owner to read " + (one ? "it" : "them")
                        + ", so PostgreSQL cannot read " + (one ? "it" : "them") + " either: chmod "
                        + (group.isDirectory() ? "u+rx " : "u+r ") + first;
            case READER ->
                "Read as the owner of the data directory: run this command as that user, or name it in ssh-host. Or let"
                        + " PostgreSQL send the files: tidemark backup --method stream";
        };
    }
}
