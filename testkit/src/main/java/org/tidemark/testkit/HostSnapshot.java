// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.tidemark.core.Sha256;

/**
 * What is in some directories of a host, to be compared with what is there later: a restore never changes a byte
 * outside of its own directories. Names, owners, modes, times and content are compared, and where links lead. Not for
 * the directories of a server that runs. Immutable.
 */
public final class HostSnapshot {
    private final List<Path> directories;
    private final Pattern except;
    private final SortedMap<Path, String> found;

    private HostSnapshot(List<Path> directories, Pattern except) throws IOException {
        this.directories = List.copyOf(directories);
        this.except = except;
        this.found = look();
    }

    /**
     * Looks at the directories, and at all below them. No link is followed.
     *
     * @param except regular expressions of absolute paths that may change, each with all that is below it
     */
    public static HostSnapshot of(List<Path> directories, List<String> except) throws IOException {
        return new HostSnapshot(directories, Pattern.compile("(?:" + String.join("|", except) + ")(?:/.*)?"));
    }

    /** Looks again, and requires that all is as it was. */
    public void mustBeUnchanged(String story) throws IOException {
        SortedMap<Path, String> now = look();
        List<String> changes = new ArrayList<>();
        found.forEach((path, what) -> {
            if (!Objects.equals(what, now.get(path))) {
                changes.add(path + ": " + what + " became " + now.get(path));
            }
        });
        now.forEach((path, what) -> {
            if (!found.containsKey(path)) {
                changes.add(path + " is new: " + what);
            }
        });
        assertThat(changes)
                .as("changed outside of its directories by: %s", story)
                .isEmpty();
    }

    private SortedMap<Path, String> look() throws IOException {
        SortedMap<Path, String> seen = new TreeMap<>();
        for (Path each : directories) {
            if (Files.exists(each, LinkOption.NOFOLLOW_LINKS)) {
                Files.walkFileTree(each, new Visitor(seen));
            }
        }
        return seen;
    }

    private final class Visitor extends SimpleFileVisitor<Path> {
        private final SortedMap<Path, String> seen;

        Visitor(SortedMap<Path, String> seen) {
            this.seen = seen;
        }

        private boolean mayChange(Path path) {
            return except.matcher(path.toString()).matches();
        }

        @Override
        public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) throws IOException {
            if (mayChange(directory)) {
                return FileVisitResult.SKIP_SUBTREE;
            }
            // Its time changes with what may be made in it; every other name is compared.
            seen.put(directory, "a directory " + unix(directory));
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            if (!mayChange(file)) {
                seen.put(file, what(file, attributes));
            }
            return FileVisitResult.CONTINUE;
        }

        private String what(Path file, BasicFileAttributes attributes) throws IOException {
            if (attributes.isSymbolicLink()) {
                return "a link to " + Files.readSymbolicLink(file);
            }
            return "a file " + unix(file) + " of " + attributes.lastModifiedTime() + " "
                    + (attributes.isRegularFile()
                            ? Sha256.of(Files.readAllBytes(file)).hex()
                            : "");
        }

        private static String unix(Path path) throws IOException {
            Map<String, Object> unix = Files.readAttributes(path, "unix:uid,gid,mode", LinkOption.NOFOLLOW_LINKS);
            return new TreeMap<>(unix).toString();
        }

        /** Another process has removed it. */
        @Override
        public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
            if (failure instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
            }
            throw failure;
        }
    }
}
