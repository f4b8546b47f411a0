// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Prints what a build has left on the machine outside its own directories. A spool or a state that a test leaves there
 * is found by the next test, or by an installation, and hides what either is about.
 */
public final class LeftFiles {
    /** Names of the program's own, and of the libraries that its JVMs unpack; not those that tests share on purpose. */
    private static final Pattern OURS = Pattern.compile("(?!tidemark-(ssh|test)-).*(tidemark|liblz4|libzstd).*");

    /** Where a home directory holds what programs keep. */
    private static final List<String> OF_HOMES = List.of("", ".cache", ".config", ".local/share", ".local/state");

    /** A process that a test has ended may need a moment to remove its files. */
    private static final Duration GRACE = Duration.ofSeconds(20);

    private LeftFiles() {}

    /**
     * The argument: the moment when the build began. It prints and fails nothing: an installation, or another build,
     * may have written them, and a server of a test uses the home of its user.
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Instant begin = Instant.parse(arguments[0]);
        Instant end = Instant.now().plus(GRACE);
        Set<Path> left = since(begin, places());
        while (!left.isEmpty() && Instant.now().isBefore(end)) {
            Thread.sleep(1000);
            left = since(begin, places());
        }
        left.forEach(path -> System.out.println("left by this build: " + path));
    }

    private static List<Path> places() throws IOException {
        List<Path> places = new ArrayList<>();
        for (String place : List.of("/etc", "/var/cache", "/var/lib", "/var/log", "/var/spool", "/var/tmp", "/tmp")) {
            places.add(Path.of(place));
        }
        places.add(TestDirectories.parent());
        for (String user : Files.readAllLines(Path.of("/etc/passwd"))) {
            String[] fields = user.split(":", -1);
            if (fields.length > 5 && fields[5].startsWith("/") && fields[5].length() > 1) {
                OF_HOMES.forEach(each -> places.add(Path.of(fields[5]).resolve(each)));
            }
        }
        return places;
    }

    /** What has such a name in one of these directories and was changed since, itself or a file in it. */
    static Set<Path> since(Instant begin, List<Path> places) throws IOException {
        Set<Path> left = new TreeSet<>();
        for (Path place : places) {
            if (Files.isDirectory(place) && Files.isReadable(place)) {
                try (Stream<Path> entries = Files.list(place)) {
                    entries.filter(each -> OURS.matcher(
                                            each.getFileName().toString().toLowerCase(Locale.ROOT))
                                    .matches())
                            .filter(each -> isChangedSince(begin, each))
                            .forEach(left::add);
                }
            }
        }
        return left;
    }

    private static boolean isChangedSince(Instant begin, Path path) {
        try {
            if (!Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS)
                    .toInstant()
                    .isBefore(begin)) {
                return true;
            }
            if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                return false;
            }
            try (Stream<Path> entries = Files.list(path)) {
                return entries.anyMatch(each -> isChangedSince(begin, each));
            }
        } catch (IOException | UncheckedIOException e) {
            return false; // removed meanwhile, or not ours to read
        }
    }
}
