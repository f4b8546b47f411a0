// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.TemporaryTree;

/**
 * A copy of a story's repository that can be spoiled and mended, and the restore_command that reads it: the launcher,
 * inside a script that can unmount the repository for the time of one request, and that notes each request with its
 * status. {@link #close} removes it. Not thread-safe.
 */
final class ScratchArchive implements AutoCloseable {
    private static final String SCRIPT = """
            #!/bin/sh
            # DIRECTORY wal-fetch %f %p ...: the launcher, and for some requests a store that is gone meanwhile.
            directory=$1
            shift
            gone=
            [ -e "$directory/gone/$2" ] && gone=yes
            [ -e "$directory/gone/the-last-probe" ] && [ ! -e recovery.signal ] && [ ! -e standby.signal ] && gone=yes
            for pattern in "$directory"/once/*; do
                case $2 in
                    "${pattern##*/}"*)
                        [ -e "$directory/asked/$2" ] || gone=yes
                        : > "$directory/asked/$2"
                        ;;
                esac
            done
            [ -n "$gone" ] && mv "$directory/mount" "$directory/unmounted"
            LAUNCHER "$@"
            status=$?
            [ -n "$gone" ] && mv "$directory/unmounted" "$directory/mount"
            echo "$2 $status" >> "$directory/requests"
            exit $status
            """;

    private final ArchivedCluster cluster;
    private final Path directory;

    ScratchArchive(ArchivedCluster cluster) {
        this(cluster, InstalledTidemark.walLauncher());
    }

    /** One where each wal-fetch is a process that the launcher starts. */
    static ScratchArchive ofProcesses(ArchivedCluster cluster) {
        return new ScratchArchive(cluster, InstalledTidemark.launcher());
    }

    private ScratchArchive(ArchivedCluster cluster, Path launcher) {
        this.cluster = cluster;
        this.directory = OperatingUser.current().newTemporaryDirectory("tidemark-scratch");
        try {
            Files.createDirectory(directory.resolve("disk"));
            Files.createSymbolicLink(directory.resolve("mount"), Path.of("disk"));
            TemporaryTree.copy(cluster.repository(), repository());
            for (String name : List.of("gone", "once", "asked", "spool")) {
                Files.createDirectory(directory.resolve(name));
            }
            Path script = directory.resolve("fetch");
            Files.writeString(script, SCRIPT.replace("LAUNCHER", launcher.toString()));
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.writeString(directory.resolve("requests"), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        OperatingUser.current().own(directory);
    }

    ArchivedCluster cluster() {
        return cluster;
    }

    Path spool() {
        return directory.resolve("spool");
    }

    /** What an operator, or recover, would write, with more options for wal-fetch. */
    String restoreCommand(String options) {
        return directory.resolve("fetch") + " " + directory + " wal-fetch %f %p --repository file://"
                + directory.resolve("mount/repository")
                + (options.isEmpty() ? "" : " " + options);
    }

    /** Every request so far with the status that PostgreSQL got, {@code 000000010000000000000003 200}. */
    List<String> requests() {
        try {
            return Files.readAllLines(directory.resolve("requests"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void spoil(Fault fault, String walFile) {
        Path object = repository().resolve(cluster.objectOf(walFile));
        try {
            switch (fault) {
                case DAMAGED -> flipLastByte(object);
                case MISSING -> Files.delete(object);
                case WRONG_FILE -> replace(object, anotherSegment(object));
                case DENIED -> Files.setPosixFilePermissions(object, PosixFilePermissions.fromString("---------"));
                case UNREACHABLE -> touch("gone/" + walFile);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes back what {@link #spoil} or {@link #withhold} did. */
    void mend(String walFile) {
        Path object = cluster.objectOf(walFile);
        try {
            replace(repository().resolve(object), cluster.repository().resolve(object));
            Files.deleteIfExists(directory.resolve("gone").resolve(walFile));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes objects away, as if they had not been archived yet. */
    void withhold(List<String> walFiles) {
        walFiles.forEach(walFile -> spoil(Fault.MISSING, walFile));
    }

    /** The store is gone the first time that each file whose name begins so is asked for. */
    void loseOnce(String prefix) {
        touch("once/" + prefix);
    }

    /** The store is gone when PostgreSQL asks after recovery has ended. */
    void loseAtTheLastProbe() {
        touch("gone/the-last-probe");
    }

    @Override
    public void close() {
        TemporaryTree.delete(directory);
    }

    private Path repository() {
        return directory.resolve("disk/repository");
    }

    private void touch(String name) {
        try {
            OperatingUser.current().own(Files.createFile(directory.resolve(name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** At once, as a reader sees it. */
    private static void replace(Path object, Path by) throws IOException {
        Path beside = Files.copy(by, object.resolveSibling("beside"));
        OperatingUser.current().own(beside);
        Files.move(beside, object, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void flipLastByte(Path object) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(object.toFile(), "rw")) {
            file.seek(file.length() - 1);
            int last = file.read();
            file.seek(file.length() - 1);
            file.write(last ^ 1);
        }
    }

    private static Path anotherSegment(Path object) throws IOException {
        try (Stream<Path> others = Files.list(object.getParent())) {
            return others.filter(other -> !other.equals(object)
                            && String.valueOf(other.getFileName()).matches("[0-9A-F]{24}"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
