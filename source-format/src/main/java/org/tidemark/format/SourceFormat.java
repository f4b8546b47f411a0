// SPDX-License-Identifier: Apache-2.0
package org.tidemark.format;

import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.ImportOrderer;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Formats every source file below a directory, or lists the files that are not formatted. The formatter parses with the
 * compiler of its own JVM, and Maven's JVM may be too old; so the build runs it in a JVM of the toolchain.
 */
public final class SourceFormat {
    private static final String INDENT = "  ";

    private SourceFormat() {}

    /** Usage: {@code SourceFormat check|apply DIRECTORY}. Ends with status 1 if a file is not formatted. */
    public static void main(String[] args) throws IOException, FormatterException {
        boolean apply = args[0].equals("apply");
        Path root = Path.of(args[1]).toAbsolutePath().normalize();
        List<Path> unformatted = new ArrayList<>();
        for (Path file : sources(root)) {
            String source = Files.readString(file);
            String formatted = format(source, file);
            if (!formatted.equals(source)) {
                unformatted.add(root.relativize(file));
                if (apply) {
                    Files.writeString(file, formatted);
                }
            }
        }
        if (!unformatted.isEmpty() && !apply) {
            System.err.println("ERROR: not formatted:");
            unformatted.forEach(file -> System.err.println(INDENT + file));
            System.err.println(
                    "HINT: format them with: mvn -q process-classes -pl source-format -Dsource-format=apply");
            System.exit(1);
        }
    }

    private static String format(String source, Path file) throws FormatterException {
        JavaFormatterOptions options = JavaFormatterOptions.builder()
                .style(JavaFormatterOptions.Style.PALANTIR)
                .formatJavadoc(true)
                .build();
        try {
            String ordered = ImportOrderer.reorderImports(
                    RemoveUnusedImports.removeUnusedImports(source), JavaFormatterOptions.Style.PALANTIR);
            return Formatter.createFormatter(options).formatSource(ordered);
        } catch (FormatterException e) {
            System.err.println("ERROR: cannot parse " + file);
            throw e;
        }
    }

    private static List<Path> sources(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !root.relativize(file).toString().matches("(.*/)?target/.*"))
                    .sorted()
                    .toList();
        }
    }
}
