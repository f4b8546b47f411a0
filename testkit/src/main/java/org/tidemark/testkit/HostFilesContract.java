// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.tidemark.core.HostFiles;
import org.tidemark.core.HostFiles.FileType;
import org.tidemark.core.HostFiles.Listing;
import org.tidemark.core.HostFiles.NotRegularFile;
import org.tidemark.core.HostFiles.OpenFile;
import org.tidemark.core.HostFiles.Owner;
import org.tidemark.core.HostFiles.Stat;
import org.tidemark.core.PathBytes;

/** The promises of {@link HostFiles}, whichever host has the files. */
public abstract class HostFilesContract {
    private static final Duration SOON = Duration.ofSeconds(30);

    /** Past the memory of one read over SFTP, and no multiple of any buffer. */
    private static final int LARGE = 3_000_001;

    private static final int MANY = 5_000;

    private final Random random = Rounds.random();

    protected abstract HostFiles files();

    /** A directory of the host that this process can write to. */
    protected abstract Path directory();

    /** Whether the files are read with root's rights, to which nothing is denied. */
    protected abstract boolean isRoot();

    private String path(String name) {
        return directory() + "/" + name;
    }

    private Path local(String name) {
        return PathBytes.path(path(name));
    }

    private byte[] write(String name, int size) throws IOException {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        Files.write(local(name), bytes);
        return bytes;
    }

    private static byte[] read(OpenFile file, long at, int length) throws IOException {
        byte[] to = new byte[length + 20];
        int count = file.read(at, to, 10, length);
        for (int i = 0; i < to.length; i++) {
            if (i < 10 || i >= 10 + count) {
                assertThat(to[i]).as("byte %d beside the range", i).isZero();
            }
        }
        return Arrays.copyOfRange(to, 10, 10 + count);
    }

    private byte[] content(String name) throws IOException {
        try (OpenFile file = files().open(path(name))) {
            return read(file, 0, Math.toIntExact(file.size()) + 1);
        }
    }

    private Stat stat(String name) throws IOException {
        return files().stat(path(name)).orElseThrow();
    }

    private void socket(String name) throws IOException {
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(local(name)));
        }
    }

    private void fifo(String name) {
        Commands.run(List.of("mkfifo", path(name)));
    }

    @Test
    void aFileIsDescribedByItsTypeRightsSizeAndTime() throws IOException {
        write("file", 12_345);
        Files.setPosixFilePermissions(local("file"), PosixFilePermissions.fromString("rw-r-----"));
        Instant time = Instant.ofEpochSecond(1_600_000_000);
        Files.setLastModifiedTime(local("file"), FileTime.from(time));
        Files.createDirectory(local("directory"));
        Commands.run(List.of("chmod", "3751", path("directory")));
        Files.createSymbolicLink(local("link"), Path.of("file"));
        socket("socket");
        fifo("fifo");

        Owner owner = new Owner((Integer) Files.getAttribute(local("file"), "unix:uid"), (Integer)
                Files.getAttribute(local("file"), "unix:gid"));
        assertThat(stat("file")).isEqualTo(new Stat(FileType.REGULAR_FILE, 0640, Optional.of(owner), 12_345, time));
        assertThat(stat("directory").type()).isEqualTo(FileType.DIRECTORY);
        assertThat(stat("directory").mode()).isEqualTo(03751);
        assertThat(stat("link").type()).isEqualTo(FileType.SYMBOLIC_LINK);
        assertThat(stat("socket").type()).isEqualTo(FileType.SPECIAL);
        assertThat(stat("fifo").type()).isEqualTo(FileType.SPECIAL);
    }

    @Test
    void whatDoesNotExistIsMissingWhereverItsPathEnds() throws IOException {
        write("file", 1);

        for (String name : List.of("missing", "missing/below", "file/below", "file/below/deeper")) {
            assertThat(files().stat(path(name))).as(name).isEmpty();
            assertThatThrownBy(() -> files().open(path(name))).as(name).isInstanceOf(NoSuchFileException.class);
            assertThatThrownBy(() -> files().list(path(name))).as(name).isInstanceOf(NoSuchFileException.class);
            assertThatThrownBy(() -> files().readLink(path(name))).as(name).isInstanceOf(NoSuchFileException.class);
            assertThatThrownBy(() -> files().realPath(path(name))).as(name).isInstanceOf(NoSuchFileException.class);
        }
    }

    @Test
    void anExceptionNamesThePath() {
        assertThatThrownBy(() -> files().open(path("missing")))
                .isInstanceOfSatisfying(
                        NoSuchFileException.class, e -> assertThat(e.getFile()).isEqualTo(path("missing")));
    }

    @Test
    void aBigDirectoryIsListedWhole() throws IOException {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            names.add(Integer.toString(16_384 + i));
            Files.write(local(names.getLast()), new byte[i % 7]);
        }
        names.sort(null);

        Listing listing = files().list(directory().toString());

        assertThat(listing.names()).isEqualTo(names);
        for (int i = 0; i < MANY; i += 100) {
            String name = names.get(i);
            assertThat(listing.stat(name)).isEqualTo(files().stat(path(name))).isPresent();
        }
        assertThat(listing.contains("16384")).isTrue();
        assertThat(listing.contains("1638")).isFalse();
        assertThat(listing.stat("1638")).isEmpty();
    }

    @Test
    void anEmptyDirectoryHasNoNames() throws IOException {
        assertThat(files().list(directory().toString()).names()).isEmpty();
    }

    @Test
    void aNameCanHaveAnyBytes() throws IOException {
        String latin1 = PathBytes.decode(new byte[] {'c', 'a', 'f', (byte) 0xE9, (byte) 0xFF});
        List<String> names = new ArrayList<>(List.of(
                " blank ",
                "'quoted' \"twice\"",
                "line\nbreak\ttab",
                "-option",
                "back\\slash*?[x]$HOME`",
                "Größe 日本 \uD83D\uDE00",
                "%41",
                "...",
                latin1));
        for (String name : names) {
            Files.write(local(name), PathBytes.encode(name));
            Files.createSymbolicLink(local("link to " + name), PathBytes.path(name));
        }
        Files.createDirectory(local("directory " + latin1));
        Files.writeString(local("directory " + latin1 + "/file"), "below");

        Listing listing = files().list(directory().toString());

        assertThat(listing.names())
                .hasSize(2 * names.size() + 1)
                .containsAll(names)
                .isSorted();
        for (String name : names) {
            assertThat(listing.stat(name)).get().extracting(Stat::isRegularFile).isEqualTo(true);
            assertThat(content(name)).as(name).isEqualTo(PathBytes.encode(name));
            assertThat(files().readLink(path("link to " + name))).isEqualTo(name);
            assertThat(files().realPath(path("link to " + name))).isEqualTo(real(name));
        }
        assertThat(content("directory " + latin1 + "/file")).isEqualTo("below".getBytes(UTF_8));
    }

    private String real(String name) throws IOException {
        return PathBytes.text(directory().toRealPath()) + "/" + name;
    }

    @Test
    void aLinkIsNotFollowedUnlessThatIsAskedFor() throws IOException {
        Files.createDirectory(local("directory"));
        byte[] bytes = write("directory/file", 100);
        Files.createSymbolicLink(local("link"), Path.of("directory"));
        Files.createSymbolicLink(local("file"), Path.of("directory/./file"));

        assertThat(stat("link").type()).isEqualTo(FileType.SYMBOLIC_LINK);
        assertThatThrownBy(() -> files().list(path("link"))).isInstanceOf(NotDirectoryException.class);
        assertThatThrownBy(() -> files().open(path("file"))).isInstanceOf(NotRegularFile.class);
        assertThat(files().readLink(path("file"))).isEqualTo("directory/./file");

        assertThat(files().realPath(path("link"))).isEqualTo(real("directory"));
        assertThat(files().list(files().realPath(path("link"))).names()).containsExactly("file");
        assertThat(files().read(files().realPath(path("file")), 1000)).isEqualTo(bytes);
        // Only the last part of a path counts.
        assertThat(content("link/file")).isEqualTo(bytes);
    }

    @Test
    void aLinkThatLeadsNowhereIsReadAndNotFollowed() throws IOException {
        Files.createSymbolicLink(local("dangling"), Path.of("/nowhere/at all"));
        Files.createSymbolicLink(local("circle"), Path.of("circle"));

        assertThat(files().readLink(path("dangling"))).isEqualTo("/nowhere/at all");
        assertThatThrownBy(() -> files().realPath(path("dangling"))).isInstanceOf(NoSuchFileException.class);
        assertThat(stat("circle").type()).isEqualTo(FileType.SYMBOLIC_LINK);
        assertThatThrownBy(() -> files().realPath(path("circle"))).isInstanceOf(IOException.class);
    }

    @Test
    void whatIsNoLinkHasNoTarget() throws IOException {
        write("file", 1);

        assertThatThrownBy(() -> files().readLink(path("file"))).isInstanceOf(NotLinkException.class);
        assertThatThrownBy(() -> files().readLink(directory().toString())).isInstanceOf(NotLinkException.class);
        assertThatThrownBy(() -> files().list(path("file"))).isInstanceOf(NotDirectoryException.class);
    }

    @Test
    void whatIsNoRegularFileIsNotOpenedAndNobodyWaits() throws IOException {
        Files.createDirectory(local("directory"));
        socket("socket");
        fifo("fifo");

        for (String name : List.of("directory", "socket", "fifo")) {
            assertTimeoutPreemptively(
                    SOON,
                    () -> assertThatThrownBy(() -> files().open(path(name)))
                            .as(name)
                            .isInstanceOf(NotRegularFile.class));
        }
    }

    @Test
    void aRangeIsReadFromAnyOffset() throws IOException {
        byte[] bytes = write("file", LARGE);

        try (OpenFile file = files().open(path("file"))) {
            assertThat(file.size()).isEqualTo(LARGE);
            for (int i = 0; i < 50; i++) {
                int at = random.nextInt(LARGE);
                int length = random.nextInt(i % 5 == 0 ? LARGE : 40_000);
                assertThat(read(file, at, length))
                        .isEqualTo(Arrays.copyOfRange(bytes, at, Math.min(LARGE, at + length)));
            }
            assertThat(read(file, 0, LARGE)).isEqualTo(bytes);
            assertThat(read(file, 0, 0)).isEmpty();
        }
    }

    @Test
    void thereIsNothingPastTheEnd() throws IOException {
        byte[] bytes = write("file", 1000);
        write("empty", 0);

        try (OpenFile file = files().open(path("file"))) {
            assertThat(read(file, 990, 4_000_000)).isEqualTo(Arrays.copyOfRange(bytes, 990, 1000));
            assertThat(read(file, 1000, 10)).isEmpty();
            assertThat(read(file, 1L << 40, 10)).isEmpty();
        }
        assertThat(content("empty")).isEmpty();
        assertThat(files().read(path("file"), 10)).isEqualTo(Arrays.copyOf(bytes, 10));
    }

    @Test
    void aFileThatGrowsIsReadToItsNewEnd() throws IOException {
        byte[] bytes = write("file", 100_000);
        byte[] more = new byte[200_000];
        Arrays.fill(more, (byte) 7);

        try (OpenFile file = files().open(path("file"))) {
            assertThat(read(file, 0, 1_000_000)).isEqualTo(bytes);
            Files.write(local("file"), more, StandardOpenOption.APPEND);

            assertThat(file.size()).isEqualTo(300_000);
            assertThat(read(file, 100_000, 1_000_000)).isEqualTo(more);
        }
    }

    @Test
    void aFileThatShrinksEndsWhereItEndsNow() throws IOException {
        byte[] bytes = write("file", LARGE);

        try (OpenFile file = files().open(path("file"));
                RandomAccessFile shrinking = new RandomAccessFile(local("file").toFile(), "rw")) {
            assertThat(read(file, 0, 10)).isEqualTo(Arrays.copyOf(bytes, 10));
            shrinking.setLength(300_000);

            assertThat(file.size()).isEqualTo(300_000);
            assertThat(read(file, 0, LARGE)).isEqualTo(Arrays.copyOf(bytes, 300_000));
            assertThat(read(file, 300_001, 10)).isEmpty();
        }
    }

    @Test
    void aFileThatWasReplacedAfterTheLookIsTheNewOne() throws IOException {
        write("file", 100);
        Listing listing = files().list(directory().toString());
        Stat seen = stat("file");
        byte[] other = write("other", 200);
        Files.move(local("other"), local("file"), StandardCopyOption.REPLACE_EXISTING);

        assertThat(listing.names()).containsExactly("file");
        try (OpenFile file = files().open(path("file"), seen)) {
            assertThat(file.size()).isEqualTo(200);
            assertThat(read(file, 0, 1000)).isEqualTo(other);
        }
    }

    @Test
    void anOpenFileStaysTheSameWhateverHappensToItsName() throws IOException {
        byte[] replaced = write("replaced", LARGE);
        byte[] removed = write("removed", LARGE);
        write("other", 10);

        try (OpenFile first = files().open(path("replaced"));
                OpenFile second = files().open(path("removed"))) {
            Files.move(local("other"), local("replaced"), StandardCopyOption.REPLACE_EXISTING);
            Files.delete(local("removed"));

            assertThat(read(first, 0, LARGE)).isEqualTo(replaced);
            assertThat(read(second, 0, LARGE)).isEqualTo(removed);
        }
    }

    @Test
    void whatVanishedOrBecameALinkAfterTheLookIsNotOpened() throws IOException {
        write("vanished", 1);
        write("replaced", 1);
        write("directory2", 1);
        Stat seen = stat("replaced");
        Files.createDirectory(local("directory"));
        assertThat(files().list(directory().toString()).names()).hasSize(4);
        Files.delete(local("vanished"));
        Files.delete(local("replaced"));
        Files.createSymbolicLink(local("replaced"), Path.of("/etc/passwd"));
        Files.delete(local("directory2"));
        Files.createDirectory(local("directory2"));
        Files.delete(local("directory"));
        Files.createSymbolicLink(local("directory"), Path.of("/etc"));

        assertThatThrownBy(() -> files().open(path("vanished"), seen)).isInstanceOf(NoSuchFileException.class);
        assertThatThrownBy(() -> files().open(path("replaced"), seen)).isInstanceOf(NotRegularFile.class);
        assertThatThrownBy(() -> {
                    try (OpenFile file = files().open(path("directory2"), seen)) {
                        file.read(0, new byte[1], 0, 1);
                    }
                })
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> files().list(path("directory"))).isInstanceOf(NotDirectoryException.class);
    }

    @Test
    void whatThisUserMayNotReadIsDenied() throws IOException {
        assumeFalse(isRoot(), "nothing is denied to root: run the tests as another user");
        write("file", 10);
        Files.createDirectory(local("directory"));
        write("directory/file", 10);
        Files.setPosixFilePermissions(local("file"), PosixFilePermissions.fromString("---------"));
        Files.setPosixFilePermissions(local("directory"), PosixFilePermissions.fromString("---------"));
        try {
            assertThat(stat("file").size()).isEqualTo(10);
            assertThatThrownBy(() -> files().open(path("file"))).isInstanceOf(AccessDeniedException.class);
            assertThatThrownBy(() -> files().list(path("directory"))).isInstanceOf(AccessDeniedException.class);
            assertThatThrownBy(() -> files().stat(path("directory/file"))).isInstanceOf(AccessDeniedException.class);
            assertThatThrownBy(() -> files().open(path("directory/file"))).isInstanceOf(AccessDeniedException.class);
        } finally {
            Files.setPosixFilePermissions(local("directory"), PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void aHoleIsReadAsZeros() throws IOException {
        long size = (1L << 35) + 3;
        try (RandomAccessFile sparse = new RandomAccessFile(local("sparse").toFile(), "rw")) {
            sparse.seek(size - 3);
            sparse.write("end".getBytes(UTF_8));
        }

        assertThat(stat("sparse").size()).isEqualTo(size);
        try (OpenFile file = files().open(path("sparse"))) {
            assertThat(file.size()).isEqualTo(size);
            assertThat(read(file, 1L << 34, 400_000)).isEqualTo(new byte[400_000]);
            assertThat(read(file, size - 5, 100)).isEqualTo("\0\0end".getBytes(UTF_8));
        }
    }

    @Test
    void severalThreadsReadOneFileAndManyAtOnce() throws Exception {
        List<byte[]> contents = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            contents.add(write("file" + i, 200_000 + i));
        }
        try (OpenFile shared = files().open(path("file0"));
                ExecutorService threads = Executors.newFixedThreadPool(8)) {
            List<Future<Boolean>> done = new ArrayList<>();
            for (int i = 0; i < contents.size(); i++) {
                int at = i;
                done.add(threads.submit(() -> Arrays.equals(content("file" + at), contents.get(at))
                        && Arrays.equals(
                                read(shared, at * 1000L, 50_000),
                                Arrays.copyOfRange(contents.getFirst(), at * 1000, at * 1000 + 50_000))));
            }
            for (Future<Boolean> each : done) {
                assertThat(each.get()).isTrue();
            }
        }
    }

    @Test
    void aFileCanBeClosedTwiceAndTouchesNoOther() throws IOException {
        byte[] bytes = write("file", 1000);
        OpenFile first = files().open(path("file"));
        first.close();
        try (OpenFile second = files().open(path("file"))) {
            first.close();
            assertThat(read(second, 0, 2000)).isEqualTo(bytes);
        }
    }

    @Test
    void aPathThatNoHostCanHaveIsRefused() {
        for (String path : List.of("", "file", "../file", directory() + "\0/etc")) {
            assertThatIllegalArgumentException().isThrownBy(() -> files().stat(path));
            assertThatIllegalArgumentException().isThrownBy(() -> files().open(path));
            assertThatIllegalArgumentException().isThrownBy(() -> files().list(path));
            assertThatIllegalArgumentException().isThrownBy(() -> files().readLink(path));
            assertThatIllegalArgumentException().isThrownBy(() -> files().realPath(path));
        }
        assertThat(Optional.of(HostFiles.requirePath("/"))).contains("/");
    }
}
