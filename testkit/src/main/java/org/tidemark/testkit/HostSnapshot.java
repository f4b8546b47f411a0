// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is in some directories of a host, to be compared with what is there later: a restore never changes a byte
 * outside of its own directories. Names, owners, modes, sizes and times are compared, and where links lead. No content
 * is read: the kernel sets the time of a file's change (ctime) with each write, and no program can set it back. Of a
 * server that runs it compares what such a server keeps: its configuration, the places of its tablespaces, and that no
 * file of a table vanishes. Immutable.
 */
public final class HostSnapshot {
    /** The clock of file systems stands still for up to 10 ms: what is written after a look has a later time. */
    private static final Duration TICK = Duration.ofMillis(15);

    private static final Pattern CONFIGURATION = Pattern.compile(".*/(?:[^/]+\\.conf|PG_VERSION)");
    private static final Pattern OF_TABLES = Pattern.compile(".*/(?:base|PG_[0-9_]+)/[0-9]+/[0-9][^/]*");
    private static final Pattern OF_DATABASES = Pattern.compile(".*/(?:base/[0-9]+|PG_[0-9_]+(?:/[0-9]+)?)");
    private static final Pattern OF_TABLESPACES = Pattern.compile(".*/pg_tblspc/[0-9]+");

    private final List<Path> directories;
    private final Pattern except;
    private final Pattern mayAppear;
    private final Look first;

    private enum Kind {
        DIRECTORY,
        FILE,
        LINK
    }

    /** @param what all that is compared */
    private record Entry(Kind kind, long sizeBytes, String what) {}

    private HostSnapshot(List<Path> directories, Pattern except, Pattern mayAppear) throws IOException {
        this.directories = List.copyOf(directories);
        this.except = except;
        this.mayAppear = mayAppear;
        this.first = new Look();
        LockSupport.parkNanos(TICK.toNanos());
    }

    /**
     * Looks at the directories, at all below them, and at the tablespaces and pg_wal of the clusters there. No other
     * link is followed.
     *
     * @param except regular expressions of absolute paths that may change, each with all that is below it
     * @param mayAppear regular expressions of whole absolute paths that may be new, but may neither change nor vanish
     */
    public static HostSnapshot of(List<Path> directories, List<String> except, List<String> mayAppear)
            throws IOException {
        return new HostSnapshot(directories, below(except), Pattern.compile(String.join("|", mayAppear)));
    }

    /** Nothing may be new. */
    public static HostSnapshot of(List<Path> directories, List<String> except) throws IOException {
        return of(directories, except, List.of("-"));
    }

    private static Pattern below(List<String> paths) {
        return Pattern.compile("(?:" + String.join("|", paths) + ")(?:/.*)?");
    }

    /** Whether there was anything in a directory. */
    public boolean hadAnythingIn(Path directory) {
        return first.found.tailMap(directory).keySet().stream()
                .anyMatch(each -> each.startsWith(directory) && !each.equals(directory));
    }

    /** Looks again, and requires that all is as it was. */
    public void mustBeUnchanged(String story) throws IOException {
        mustBeUnchanged(story, List.of());
    }

    /**
     * The same, where a restore fills more than it was told.
     *
     * @param filled directories that were empty, or not there, and in which anything may be now
     */
    public void mustBeUnchanged(String story, List<Path> filled) throws IOException {
        Look now = new Look();
        Set<Path> living = new TreeSet<>(first.living);
        living.addAll(now.living);
        Set<Path> paths = new TreeSet<>(first.found.keySet());
        paths.addAll(now.found.keySet());
        List<String> changes = new ArrayList<>();
        for (Path path : paths) {
            if (filled.stream().noneMatch(path::startsWith)) {
                change(
                                path,
                                living.stream().filter(path::startsWith).findFirst(),
                                first.found.get(path),
                                now.found.get(path))
                        .ifPresent(changes::add);
            }
        }
        assertThat(changes)
                .as("changed outside of its directories by: %s", story)
                .isEmpty();
    }

    /** @param living the directory of a server that runs, in which it is */
    private Optional<String> change(Path path, Optional<Path> living, @Nullable Entry before, @Nullable Entry now) {
        if (before == null) {
            return living.isPresent() || mayAppear.matcher(path.toString()).matches()
                    ? Optional.empty()
                    : Optional.of(path + " is new: " + now);
        }
        if (living.isPresent() && mayBecome(path, living.get(), before, now)) {
            return Optional.empty();
        }
        return before.equals(now) ? Optional.empty() : Optional.of(path + ": " + before + " became " + now);
    }

    private static boolean mayBecome(Path path, Path living, Entry before, @Nullable Entry now) {
        String name = path.toString();
        if (OF_TABLESPACES.matcher(name).matches()) {
            return false;
        }
        if (OF_DATABASES.matcher(name).matches() || (OF_TABLES.matcher(name).matches() && before.sizeBytes() > 0)) {
            return now != null && now.kind() == before.kind();
        }
        boolean isConfiguration =
                living.equals(path.getParent()) && CONFIGURATION.matcher(name).matches();
        return !isConfiguration;
    }

    /** What is there now. */
    private final class Look {
        private final SortedMap<Path, Entry> found = new TreeMap<>();
        /** The directories of servers that run. */
        private final Set<Path> living = new TreeSet<>();

        private final Deque<Path> left = new ArrayDeque<>();

        Look() throws IOException {
            left.addAll(directories);
            while (!left.isEmpty()) {
                Path next = left.pop();
                if (!found.containsKey(next) && !except.matcher(next.toString()).matches()) {
                    see(next);
                }
            }
        }

        private void see(Path path) throws IOException {
            try {
                Map<String, Object> unix = Files.readAttributes(
                        path,
                        "unix:isDirectory,isSymbolicLink,size,ino,uid,gid,mode,ctime,lastModifiedTime",
                        LinkOption.NOFOLLOW_LINKS);
                if (Boolean.TRUE.equals(unix.get("isSymbolicLink"))) {
                    Path to = Files.readSymbolicLink(path);
                    found.put(path, new Entry(Kind.LINK, 0, "a link to " + to));
                    return;
                }
                String rights = unix.get("uid") + ":" + unix.get("gid") + " "
                        + Integer.toOctalString((Integer) Objects.requireNonNull(unix.get("mode")));
                if (Boolean.TRUE.equals(unix.get("isDirectory"))) {
                    // Its time changes with what may be made in it; every other name is compared.
                    found.put(path, new Entry(Kind.DIRECTORY, 0, rights));
                    enter(path);
                    return;
                }
                found.put(
                        path,
                        new Entry(
                                Kind.FILE,
                                (Long) Objects.requireNonNull(unix.get("size")),
                                rights
                                        + " inode " + unix.get("ino") + " of " + unix.get("lastModifiedTime")
                                        + " changed " + unix.get("ctime")));
            } catch (NoSuchFileException | NotDirectoryException | NotLinkException e) {
                found.remove(path); // Another process has removed it.
            }
        }

        private void enter(Path directory) throws IOException {
            boolean isCluster = false;
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                for (Path entry : entries) {
                    left.push(entry);
                    isCluster |= entry.endsWith("PG_VERSION");
                }
            }
            if (isCluster && Files.isDirectory(directory.resolve("global"))) {
                List<Path> places = linked(directory);
                places.forEach(left::push);
                if (isServed(directory)) {
                    living.add(directory);
                    living.addAll(places);
                }
            }
        }
    }

    /** Where the links of a cluster lead. */
    public static List<Path> linked(Path cluster) throws IOException {
        List<Path> links = new ArrayList<>(List.of(cluster.resolve("pg_wal")));
        Path tablespaces = cluster.resolve("pg_tblspc");
        if (Files.isDirectory(tablespaces)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(tablespaces)) {
                entries.forEach(links::add);
            }
        }
        List<Path> places = new ArrayList<>();
        for (Path link : links) {
            if (Files.isSymbolicLink(link)) {
                Path to = link.resolveSibling(Files.readSymbolicLink(link)).normalize();
                places.add(Files.exists(to) ? to.toRealPath() : to);
            }
        }
        return places;
    }

    /** A server's working directory is its data directory. */
    private static boolean isServed(Path cluster) throws IOException {
        try {
            String pid = Files.readAllLines(cluster.resolve("postmaster.pid"))
                    .getFirst()
                    .strip();
            return Files.isSameFile(Path.of("/proc", pid, "cwd"), cluster);
        } catch (NoSuchFileException | NoSuchElementException e) {
            return false;
        }
    }
}
