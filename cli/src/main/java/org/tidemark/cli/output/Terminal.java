// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.tidemark.cli.output.TimelinePicture.Signs;
import org.tidemark.config.Environment;

/** What the terminal can show. Immutable. */
public record Terminal(int width, Signs signs) {
    /** Where the width is not known. */
    static final int DEFAULT_WIDTH = 80;

    private static final Path CONTROLLING = Path.of("/dev/tty");

    /**
     * The terminal of this process.
     *
     * @param isShown whether people see the output; if not, only the variables are asked
     */
    public static Terminal of(Environment environment, boolean isShown) {
        int width = environment
                .variable("COLUMNS")
                .flatMap(Terminal::number)
                .or(() -> isShown ? measured() : Optional.empty())
                .orElse(DEFAULT_WIDTH);
        return new Terminal(width, isUtf8(environment) ? Signs.UNICODE : Signs.ASCII);
    }

    /** The character set of the locale, by POSIX: the first of these variables that is set and not empty. */
    private static boolean isUtf8(Environment environment) {
        String locale = Stream.of("LC_ALL", "LC_CTYPE", "LANG")
                .flatMap(name -> environment.variable(name).stream())
                .findFirst()
                .orElse("C")
                .toLowerCase(Locale.ROOT);
        return locale.contains("utf-8") || locale.contains("utf8");
    }

    /** {@code stty size} prints lines and columns: Java cannot ask the terminal. */
    private static Optional<Integer> measured() {
        if (!Files.isReadable(CONTROLLING)) {
            return Optional.empty();
        }
        Process stty;
        try {
            stty = new ProcessBuilder("stty", "size")
                    .redirectInput(CONTROLLING.toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return Optional.empty(); // There is no stty, or no terminal.
        }
        try (InputStream out = stty.getInputStream()) {
            if (!stty.waitFor(1, TimeUnit.SECONDS)) {
                return Optional.empty();
            }
            String[] size = new String(out.readNBytes(100), StandardCharsets.US_ASCII)
                    .strip()
                    .split(" ", -1);
            return size.length == 2 ? number(size[1]) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } finally {
            stty.destroyForcibly();
        }
    }

    /** A width; empty for anything else, also for 0: a terminal says so that does not know its width. */
    private static Optional<Integer> number(String text) {
        return text.matches("[1-9][0-9]{0,3}") ? Optional.of(Integer.valueOf(text)) : Optional.empty();
    }
}
