// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.config.KnownKey.ValueForm;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;
import org.tidemark.store.StoreOptions;

/** What the stores declare is what the configuration knows, what their pages say and what their folders are. */
class StoreDeclarationsTest {
    private static final Path STORES =
            Path.of(System.getProperty("tidemark.root", "..")).resolve("storage-backends");
    private static final Pattern NAME = Pattern.compile("`(…?-?[a-z][a-z-]*)`");

    @Test
    void everyStoreThatIsFoundIsKnownByName() {
        Map<String, String> found = new TreeMap<>();
        for (StoreDeclaration store : ServiceLoader.load(StoreDeclaration.class)) {
            found.put(store.scheme(), store.getClass().getName());
        }
        Map<String, String> known = new TreeMap<>();
        for (String scheme : StoreDeclarations.knownSchemes()) {
            known.put(
                    scheme,
                    StoreDeclarations.of(scheme).orElseThrow().getClass().getName());
        }

        assertThat(found).isEqualTo(known).isNotEmpty();
    }

    /** The folder's name is that of the package, by which an installation finds the store's own libraries. */
    @Test
    void everyFolderWithAStoreIsDeclared() throws IOException {
        TreeSet<String> providers = new TreeSet<>();
        try (Stream<Path> files = Files.walk(STORES)) {
            files.map(file -> STORES.relativize(file).toString())
                    .filter(file ->
                            file.matches("\\w+/src/main/java/.*StoreProvider\\.java") && !file.startsWith("spi/"))
                    .forEach(file -> {
                        String type =
                                file.replaceFirst("^\\w+/src/main/java/", "").replace(".java", "");
                        assertThat(type).startsWith("org/tidemark/store/" + file.substring(0, file.indexOf('/')) + "/");
                        providers.add(type.replace('/', '.'));
                    });
        }
        TreeSet<String> declared = new TreeSet<>();
        ServiceLoader.load(StoreDeclaration.class).forEach(store -> declared.add(store.provider()));

        assertThat(declared).isEqualTo(providers);
    }

    /** Two stores may give one name another meaning, but not another form: a key has one. */
    @Test
    void anOptionHasOneFormInAllStores() {
        for (StoreDeclaration store : ServiceLoader.load(StoreDeclaration.class)) {
            assertThat(store.options()).extracting(StoreOption::name).doesNotHaveDuplicates();
            for (StoreOption option : store.options()) {
                StoreOption other = StoreDeclarations.option(option.name()).orElseThrow();
                assertThat(ValueForm.of(SettingKey.of("repository", "r", option.name())))
                        .as(option.name())
                        .isEqualTo(form(option));
                assertThat(option.secret()).as(option.name()).isEqualTo(other.secret());
                assertThat(KnownKey.of(SettingKey.of("repository", "r", option.name())))
                        .as(option.name())
                        .isEmpty();
            }
        }
    }

    private static ValueForm form(StoreOption option) {
        return switch (option.type()) {
            case NUMBER -> ValueForm.NUMBER;
            case FLAG -> ValueForm.BOOLEAN;
            default -> ValueForm.TEXT;
        };
    }

    @Test
    void everyDefaultIsAValue() {
        for (StoreDeclaration store : ServiceLoader.load(StoreDeclaration.class)) {
            for (StoreOption option : store.options()) {
                if (option.defaultValue().isPresent()) {
                    String usual = option.defaultValue().get();
                    StoreOptions set = new StoreOptions(Map.of(option.name(), usual));
                    switch (option.type()) {
                        case CHOICE ->
                            assertThat(set.choice(option))
                                    .isEqualTo(option.values().getFirst());
                        case NUMBER -> assertThat(set.number(option)).hasToString(usual);
                        case DURATION -> assertThat(set.duration(option)).isPositive();
                        case SIZE -> assertThat(set.size(option)).isBetween(option.min(), option.max());
                        default -> assertThat(usual).isNotBlank();
                    }
                }
            }
        }
    }

    /** Which options of which store a host remembers, and in which order: another one would forget what it has seen. */
    @Test
    void theAddressThatAHostRemembersStaysWhatItIs() {
        Map<String, List<String>> identity = new TreeMap<>();
        for (StoreDeclaration store : ServiceLoader.load(StoreDeclaration.class)) {
            List<String> names = store.options().stream()
                    .filter(StoreOption::partOfIdentity)
                    .map(StoreOption::name)
                    .toList();
            if (!names.isEmpty()) {
                identity.put(store.scheme(), names);
            }
        }

        assertThat(identity)
                .isEqualTo(Map.of(
                        "azure", List.of("endpoint"),
                        "gs", List.of("endpoint", "project", "as-of"),
                        "s3", List.of("endpoint", "region", "as-of"),
                        "swift", List.of("auth-url", "storage-url", "region", "project", "project-id", "user")));
    }

    /** Each option has its row, and the row names its values and its default. */
    @Test
    void theTableOfEachStoreHasItsOptions() throws IOException {
        Map<String, Map<String, StoreOption>> folders = new TreeMap<>();
        for (StoreDeclaration store : ServiceLoader.load(StoreDeclaration.class)) {
            String[] parts = store.provider().split("\\.", -1);
            Map<String, StoreOption> options =
                    folders.computeIfAbsent(parts[parts.length - 2], name -> new LinkedHashMap<>());
            store.options().forEach(option -> options.put(option.name(), option));
        }
        List<String> wrong = new ArrayList<>();
        for (Map.Entry<String, Map<String, StoreOption>> folder : folders.entrySet()) {
            Map<String, String> rows = rows(STORES.resolve(folder.getKey()).resolve("README.md"));
            assertThat(rows.keySet())
                    .as("the options in the table of %s", folder.getKey())
                    .containsExactlyInAnyOrderElementsOf(folder.getValue().keySet());
            folder.getValue().values().forEach(option -> {
                String row = rows.getOrDefault(option.name(), "");
                List<String> told = new ArrayList<>(option.values());
                option.defaultValue().ifPresent(told::add);
                for (String value : told) {
                    if (!row.replace(" s", "s").replace(" min", "m").contains(value)) {
                        wrong.add(folder.getKey() + " " + option.name() + ": " + value);
                    }
                }
            });
        }

        assertThat(wrong).as("values and defaults that no row tells").isEmpty();
    }

    /**
     * The rows of the table of options by the names in their first cell; {@code …-command} has the beginning of the one
     * before.
     */
    private static Map<String, String> rows(Path page) throws IOException {
        Map<String, String> rows = new LinkedHashMap<>();
        boolean table = false;
        for (String line : Files.readAllLines(page)) {
            if (line.startsWith("| option ")) {
                table = true;
            } else if (!line.startsWith("|")) {
                table = false;
            } else if (table && line.startsWith("| `")) {
                Matcher names = NAME.matcher(line.substring(0, line.indexOf('|', 1)));
                String before = "";
                while (names.find()) {
                    String name = names.group(1);
                    if (name.startsWith("…-") || name.startsWith("-")) {
                        name = before.substring(0, before.lastIndexOf('-')) + name.replace("…", "");
                    }
                    rows.put(name, line);
                    before = name;
                }
            }
        }
        return rows;
    }
}
