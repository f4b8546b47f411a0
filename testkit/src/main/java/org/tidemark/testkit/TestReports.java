// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** The reports that Surefire wrote in one build; the last thing that a build does is to print what they tell. */
public final class TestReports {
    private TestReports() {}

    /** The directory of the whole build, and the moment when it began: older reports are of earlier builds. */
    public static void main(String[] arguments) throws IOException {
        Path root = Path.of(arguments[0]);
        Instant begin = Instant.parse(arguments[1]);
        SkippedTests.lines(root, begin).forEach(System.out::println);
        SlowestTests.lines(root, begin).forEach(System.out::println);
        System.out.println(Starts.summary(root, begin));
        TestedModules.lines(root).forEach(System.out::println);
    }

    /** The report of one class of tests, with the directory of its module below that of the build. */
    record Report(String module, Path file) {
        /** Calls {@code reader} at the begin of each element. */
        void read(ElementReader reader) throws IOException {
            XMLInputFactory factory = XMLInputFactory.newFactory();
            factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
            try (InputStream in = Files.newInputStream(file)) {
                XMLStreamReader xml = factory.createXMLStreamReader(in);
                while (xml.hasNext()) {
                    if (xml.next() == XMLStreamReader.START_ELEMENT) {
                        reader.read(xml);
                    }
                }
            } catch (XMLStreamException e) {
                throw new IOException("cannot read '" + file + "'", e);
            }
        }
    }

    /** Reads one element, and may read its text. */
    interface ElementReader {
        void read(XMLStreamReader element) throws XMLStreamException;
    }

    /** In the order of their paths; those from before {@code begin} are of earlier builds, and left out. */
    static List<Report> of(Path root, Instant begin) throws IOException {
        List<Report> reports = new ArrayList<>();
        Consumer<Path> add = path -> reports.add(
                new Report(root.relativize(path).resolve("../../..").normalize().toString(), path));
        // A module is at most two directories below the root.
        try (Stream<Path> tree = Files.find(
                root,
                5,
                (path, attributes) -> attributes.isRegularFile()
                        && path.toString().matches(".*/target/surefire-reports/TEST-[^/]*\\.xml")
                        && !attributes.lastModifiedTime().toInstant().isBefore(begin))) {
            tree.sorted().forEach(add);
        }
        return reports;
    }
}
