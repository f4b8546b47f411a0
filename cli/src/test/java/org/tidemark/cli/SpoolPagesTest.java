// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.tidemark.core.SpoolPart;

/** The pages name each part of the spool, and say truly whether it may be lost. */
class SpoolPagesTest {
    private static final Path ROOT = Path.of(System.getProperty("tidemark.root", ".."));

    private static String page(String path) throws IOException {
        return Files.readString(ROOT.resolve("docs").resolve(path));
    }

    private static Set<String> found(String text, String pattern) {
        return Pattern.compile(pattern, Pattern.MULTILINE)
                .matcher(text)
                .results()
                .map(each -> each.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> names(boolean mayBeLost) {
        return Arrays.stream(SpoolPart.values())
                .filter(each -> each.mayBeLost() == mayBeLost)
                .map(SpoolPart::directory)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void theLayoutHasEachPart() throws IOException {
        Set<String> all = names(true);
        all.addAll(names(false));
        assertThat(found(page("design/spool.md"), "^    ([a-z-]+)/")).isEqualTo(all);
    }

    @Test
    void theLayoutSaysWhatMayBeLost() throws IOException {
        List<MatchResult> sentence = Pattern.compile("((?:`[a-z-]+`,? (?:and )?)+)are\\s+hints: they may be lost")
                .matcher(page("design/spool.md").replace('\n', ' '))
                .results()
                .toList();
        assertThat(sentence).hasSize(1);
        assertThat(found(sentence.getFirst().group(1), "`([a-z-]+)`")).isEqualTo(names(true));
    }

    /** In the table "What is stored where". */
    @Test
    void thePageForOperatorsSaysItOfEachPart() throws IOException {
        TreeMap<String, Boolean> told = new TreeMap<>();
        page("reference/files.md")
                .lines()
                .filter(line -> line.startsWith("| spool: `v1/"))
                .forEach(line -> {
                    String[] cells = line.split("\\|", -1);
                    found(cells[1], "`v1/([a-z-]+)`").forEach(name -> told.put(name, cells[3].startsWith(" yes")));
                });
        TreeMap<String, Boolean> parts = new TreeMap<>();
        for (SpoolPart each : SpoolPart.values()) {
            parts.put(each.directory(), each.mayBeLost());
        }
        assertThat(told).isEqualTo(parts);
    }

    @Test
    void theLauncherKnowsNoOther() throws IOException {
        Set<String> known = new TreeSet<>(Set.of(SpoolPart.ARCHIVED.directory(), SpoolPart.PREFETCH.directory()));
        assertThat(found(Files.readString(ROOT.resolve("dist/src/launcher/tidemark")), "\\$spool/v1/([a-z-]+)"))
                .isEqualTo(known);
    }
}
