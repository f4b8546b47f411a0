// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** Prints what a build skipped and why, module by module, from Surefire's reports: the last thing a build does. */
public final class SkippedTests {
    private record Skip(String module, String reason) implements Comparable<Skip> {
        @Override
        public int compareTo(Skip other) {
            int modules = module.compareTo(other.module);
            return modules != 0 ? modules : reason.compareTo(other.reason);
        }
    }

    /** An assumption of AssertJ, with its description. */
    private static final Pattern DESCRIBED = Pattern.compile("^assumption was not met due to:\\s*\\[(.+?)]");

    private SkippedTests() {}

    /** The directory of the whole build, and the moment when it began: older reports are of earlier builds. */
    public static void main(String[] arguments) throws IOException {
        Path root = Path.of(arguments[0]);
        Instant begin = Instant.parse(arguments[1]);
        lines(root, begin).forEach(System.out::println);
    }

    static List<String> lines(Path root, Instant begin) throws IOException {
        Map<Skip, Integer> counts = new TreeMap<>();
        for (Path report : reports(root, begin)) {
            String module =
                    root.relativize(report).resolve("../../..").normalize().toString();
            for (String reason : reasons(report)) {
                counts.merge(new Skip(module, reason), 1, Integer::sum);
            }
        }
        if (counts.isEmpty()) {
            return List.of("No test was skipped.");
        }
        List<String> lines = new ArrayList<>();
        int all = counts.values().stream().mapToInt(Integer::intValue).sum();
        lines.add(
                "Skipped: " + all + (all == 1 ? " test" : " tests") + " (a class that is skipped whole counts as one)");
        counts.forEach((skip, count) -> lines.add(String.format("%5d  %-28s %s", count, skip.module(), skip.reason())));
        return lines;
    }

    private static List<Path> reports(Path root, Instant begin) throws IOException {
        List<Path> found = new ArrayList<>();
        // A module is at most two directories below the root.
        try (Stream<Path> tree = Files.find(
                root,
                5,
                (path, attributes) -> attributes.isRegularFile()
                        && path.toString().matches(".*/target/surefire-reports/TEST-[^/]*\\.xml")
                        && !attributes.lastModifiedTime().toInstant().isBefore(begin))) {
            tree.sorted().forEach(found::add);
        }
        return found;
    }

    private static List<String> reasons(Path report) throws IOException {
        List<String> reasons = new ArrayList<>();
        XMLInputFactory factory = XMLInputFactory.newFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        try (InputStream in = Files.newInputStream(report)) {
            XMLStreamReader reader = factory.createXMLStreamReader(in);
            while (reader.hasNext()) {
                if (reader.next() == XMLStreamReader.START_ELEMENT
                        && reader.getLocalName().equals("skipped")) {
                    // Of what a test assumed in vain the report has no message, only the exception.
                    String message = reader.getAttributeValue(null, "message");
                    reasons.add(reason(message != null ? message : reader.getElementText()));
                }
            }
            return reasons;
        } catch (XMLStreamException e) {
            throw new IOException("cannot read '" + report + "'", e);
        }
    }

    private static String reason(String message) {
        String text =
                message.strip().replaceFirst("^(Assumption failed|org\\.opentest4j\\.TestAbortedException):\\s*", "");
        Matcher described = DESCRIBED.matcher(text);
        return (described.find() ? described.group(1) : text)
                .lines()
                .findFirst()
                .orElse("without a reason")
                .replace(": skipped; to run it:", "; to run it:")
                .strip();
    }
}
