// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.RepositorySettings.KeySettings;
import org.tidemark.config.repository.StoreFactory;
import org.tidemark.store.ObjectStore;

/** Programs of tests that open a store in a JVM of their own, with the libraries of the installation. */
final class StoreProcess {
    private StoreProcess() {}

    /**
     * The command of a program, whose first argument is a file that {@link #open(Path)} reads.
     *
     * @param jvm options of the JVM, besides those that every test sets
     */
    static ProcessBuilder of(Class<?> program, List<String> jvm, Path settings, String... arguments) throws Exception {
        Path home = InstalledTidemark.home();
        Path classes = Path.of(
                program.getProtectionDomain().getCodeSource().getLocation().toURI());
        String classPath;
        try (Stream<Path> jars = Files.list(home.resolve("lib"))) {
            classPath = jars.map(Path::toString)
                            .filter(name -> name.endsWith(".jar"))
                            .sorted()
                            .collect(Collectors.joining(":"))
                    + ":" + classes;
        }
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED"));
        command.addAll(jvm);
        command.addAll(List.of("-cp", classPath, program.getName(), settings.toString()));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("TIDEMARK_HOME", home.toString());
        return builder;
    }

    /** Writes the address and the options of a store for {@link #open(Path)}. */
    static Path write(StoreSite site, Path directory) throws IOException {
        Path settings = directory.resolve("store.properties");
        Properties properties = new Properties();
        properties.putAll(site.options());
        properties.put("url", site.url());
        try (Writer writer = Files.newBufferedWriter(settings)) {
            properties.store(writer, null);
        }
        return settings;
    }

    static ObjectStore open(Path settings) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(settings)) {
            properties.load(reader);
        }
        Map<String, String> options = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> options.put(name, properties.getProperty(name)));
        String url = String.valueOf(options.remove("url"));
        return open(new StoreSite(url, options, List.of()));
    }

    /** The store at a site, with all that production puts around it. */
    static ObjectStore open(StoreSite site) {
        return StoreFactory.open(settings(site));
    }

    static void createRoot(StoreSite site) throws IOException {
        StoreFactory.createRoot(settings(site));
    }

    private static RepositorySettings settings(StoreSite site) {
        return new RepositorySettings(
                "store",
                URI.create(site.url()),
                RepositorySettings.DEFAULT_COMPRESSION,
                OptionalLong.empty(),
                KeySettings.NONE,
                site.options(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }
}
