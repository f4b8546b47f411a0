// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/**
 * Notes from what the caches of this checkout were made, so that a build in which none of it has changed need not make
 * them again: the content of every library, the training, the launcher, the JDK, and what this host has for it. The
 * caches have to be the files that were noted. Immutable.
 */
final class TrainedCaches {
    /** The times are within the 194 days before. */
    private static final Instant NO_LATER = Instant.parse("2026-11-01T00:00:00Z");

    private static final int TIME_DIGITS = 6;

    private final Path home;
    private final Path note;
    private final String inputs;

    /**
     * Reads all that the training depends on.
     *
     * @param home with the libraries as the launcher is to find them
     * @param sources the directory of the training, and of the launcher
     */
    TrainedCaches(Path home, Path sources) throws IOException {
        this.home = home;
        this.note = home.resolveSibling("class-caches.txt");
        this.inputs = inputs(home, sources);
    }

    /**
     * What all libraries and caches of this build are to have as their time of modification: another one where any of
     * the inputs is another, so that files of two builds are never taken for those of one, and the same one in each
     * build of the same inputs. In whole seconds, since some archives and file systems keep no more.
     */
    FileTime time() {
        return FileTime.from(NO_LATER.minusSeconds(Integer.parseInt(inputs.substring(0, TIME_DIGITS), 16)));
    }

    /** Whether the caches are there that these inputs would make again. */
    boolean arePresent() throws IOException {
        List<String> caches = caches();
        return !caches.isEmpty()
                && Files.exists(note)
                && Files.readAllLines(note).equals(noted(caches));
    }

    /** Before a training, which may fail halfway: no cache of another build stays. */
    void forget() throws IOException {
        Files.deleteIfExists(note);
        for (Path cache : files(home, ".aot")) {
            Files.delete(cache);
        }
    }

    /** After a training that has made all that it can make. */
    void keep() throws IOException {
        Files.write(note, noted(caches()));
    }

    private List<String> noted(List<String> caches) {
        List<String> lines = new ArrayList<>(List.of(inputs));
        lines.addAll(caches);
        return lines;
    }

    private List<String> caches() throws IOException {
        List<String> lines = new ArrayList<>();
        for (Path cache : files(home, ".aot")) {
            lines.add(cache.getFileName() + " " + Files.size(cache) + " "
                    + Files.getLastModifiedTime(cache).toMillis());
        }
        return lines;
    }

    private static String inputs(Path home, Path sources) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        List<Path> files = new ArrayList<>(List.of(home.resolve("runtime/release")));
        for (Path directory : List.of(
                home.resolve("lib"), home.resolve("native"), sources.resolve("build"), sources.resolve("launcher"))) {
            files.addAll(files(directory, ""));
        }
        add(digest, System.getProperty("java.vm.version"));
        for (Path file : files) {
            add(digest, String.valueOf(file.getFileName()));
            byte[] content = Files.readAllBytes(file);
            add(digest, Integer.toString(content.length));
            digest.update(content);
        }
        add(digest, TrainCommands.sftpServer().map(Path::toString).orElse("no sftp-server"));
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void add(MessageDigest digest, String text) {
        digest.update((text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static List<Path> files(Path directory, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
