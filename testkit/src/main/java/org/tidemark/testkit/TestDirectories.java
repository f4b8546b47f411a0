// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * Where tests write, JUnit's temporary directories included: in memory, on a machine that has enough of it. Tests make
 * and remove hundreds of thousands of small files, and some disks take a millisecond for a new one.
 * {@code -Dtest.directory=DIR} in a Maven build names another place, such as a disk. Thread-safe.
 */
public final class TestDirectories implements TempDirFactory {
    private static final Path MEMORY = Path.of("/dev/shm");
    /** A build has seldom more than two gigabytes there. */
    private static final long ROOM_BYTES = 8L << 30;

    private static final Path PARENT = choose();

    /** Those that were made, and the thread that did it. */
    private static final Map<Path, Thread> MADE = new ConcurrentHashMap<>();

    /** For JUnit. */
    public TestDirectories() {}

    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test) throws IOException {
        return create("junit-");
    }

    /** A new directory that only this user may read; who asks for it removes it. */
    public static Path create(String prefix) throws IOException {
        Path directory = Files.createTempDirectory(PARENT, prefix);
        MADE.put(directory, Thread.currentThread());
        return directory;
    }

    /**
     * Those that this thread has made and that are still there. The tests of a class stay in one thread, and several
     * classes run at once: so they are those of the test that runs.
     */
    public static List<Path> ofThisThread() {
        MADE.keySet().removeIf(each -> !Files.exists(each));
        return MADE.entrySet().stream()
                .filter(each -> each.getValue().equals(Thread.currentThread()))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
    }

    /** The directory in which all the others are made. */
    static Path parent() {
        return PARENT;
    }

    private static Path choose() {
        String asked = System.getProperty("tidemark.test.directory", "");
        if (!asked.isEmpty()) {
            return Path.of(asked);
        }
        return hasRoom() ? MEMORY : Path.of(System.getProperty("java.io.tmpdir"));
    }

    private static boolean hasRoom() {
        try {
            return Files.isWritable(MEMORY)
                    && Files.getFileStore(MEMORY).getUsableSpace() >= ROOM_BYTES
                    && availableBytes() >= ROOM_BYTES
                    && runsPrograms();
        } catch (IOException e) {
            return false; // such as a container that shows no /proc
        }
    }

    /** What processes can still take without swapping. */
    private static long availableBytes() throws IOException {
        String name = "MemAvailable:";
        return lines("/proc/meminfo").stream()
                .filter(line -> line.startsWith(name))
                .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                .findFirst()
                .orElse(0L);
    }

    /** Whether it is a file system in memory on which programs may be started: tests write some. */
    private static boolean runsPrograms() throws IOException {
        Optional<List<String>> mount = lines("/proc/mounts").stream()
                .map(line -> List.of(line.split(" ", -1)))
                .filter(fields -> fields.get(1).equals(MEMORY.toString()))
                .reduce((before, after) -> after);
        return mount.filter(fields -> fields.get(2).equals("tmpfs")
                        && !List.of(fields.get(3).split(",", -1)).contains("noexec"))
                .isPresent();
    }

    private static List<String> lines(String file) throws IOException {
        return Files.readAllLines(Path.of(file), StandardCharsets.UTF_8);
    }
}
