// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.core.importer.Locations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Everything that the build has compiled from main code, testkit's included. */
final class MainClasses {
    static final Path ROOT = Path.of(System.getProperty("tidemark.root", ".."));
    static final String SOURCES = "src/main/java";

    static final JavaClasses ALL = imported();

    private MainClasses() {}

    /** What the build has compiled as well, since some stores are on nobody's class path but their own. */
    private static JavaClasses imported() {
        List<Location> locations =
                new ArrayList<>(Locations.ofPackage("org.tidemark").stream().toList());
        for (Path module : modules()) {
            Path classes = module.resolve("target").resolve("classes");
            if (Files.isDirectory(classes)) {
                locations.add(Location.of(classes));
            }
        }
        return new ClassFileImporter()
                .withImportOption(location -> !location.contains("/org/tidemark/acceptance/"))
                .importLocations(locations);
    }

    /** Those with main code, but not what checks the sources: that is a part of the build. */
    static List<Path> modules() {
        try (Stream<Path> poms = Files.find(ROOT, 3, (path, _) -> path.endsWith("pom.xml"))) {
            return poms.map(pom -> pom.resolveSibling(""))
                    .filter(module -> Files.isDirectory(module.resolve(SOURCES)))
                    .filter(module -> !module.endsWith("source-format"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
