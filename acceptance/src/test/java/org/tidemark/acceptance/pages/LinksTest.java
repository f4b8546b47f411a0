// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every link between pages leads to a file that exists and, if it names a heading, to that heading. */
class LinksTest {
    private static final Path ROOT =
            Path.of(System.getProperty("tidemark.root", "..")).toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} (.*)$");
    private static final Pattern CODE = Pattern.compile("(?ms)^```.*?^```");
    private static final int MIN_PAGES = 100;

    @Test
    void noLinkIsDead() throws IOException {
        List<String> dead = new ArrayList<>();
        List<Path> pages = pages();
        for (Path page : pages) {
            String text = CODE.matcher(Files.readString(page)).replaceAll("");
            for (String link : LINK.matcher(text)
                    .results()
                    .map(found -> found.group(1))
                    .filter(link -> !link.contains("://") && !link.startsWith("mailto:"))
                    .toList()) {
                if (!leads(page, link)) {
                    dead.add(ROOT.relativize(page) + ": " + link);
                }
            }
        }

        assertThat(dead).isEmpty();
        assertThat(pages).hasSizeGreaterThan(MIN_PAGES);
    }

    /** From the README every page of the documentation can be reached. */
    @Test
    void noPageIsLost() throws IOException {
        Set<Path> reached = new TreeSet<>();
        reach(ROOT.resolve("README.md"), reached);

        assertThat(pages().stream()
                        .filter(page -> page.startsWith(ROOT.resolve("docs")))
                        .filter(page -> !page.startsWith(ROOT.resolve("docs/adr")))
                        .filter(page -> !reached.contains(page))
                        .map(ROOT::relativize))
                .isEmpty();
    }

    private static void reach(Path page, Set<Path> reached) throws IOException {
        if (!reached.add(page) || !page.toString().endsWith(".md")) {
            return;
        }
        for (String link : LINK.matcher(Files.readString(page))
                .results()
                .map(found -> found.group(1).replaceFirst("#.*", ""))
                .filter(link -> !link.isEmpty() && !link.contains("://"))
                .toList()) {
            Path target = page.resolveSibling(link).normalize();
            if (Files.isRegularFile(target)) {
                reach(target, reached);
            }
        }
    }

    private static boolean leads(Path page, String link) throws IOException {
        int hash = link.indexOf('#');
        String file = hash < 0 ? link : link.substring(0, hash);
        Path target = file.isEmpty() ? page : page.resolveSibling(file).normalize();
        if (!target.startsWith(ROOT) || !Files.exists(target)) {
            return false;
        }
        return hash < 0 || anchors(target).contains(link.substring(hash + 1));
    }

    /** The anchors that a viewer makes of headings: lower case, words joined by hyphens, punctuation left out. */
    private static Set<String> anchors(Path page) throws IOException {
        return HEADING.matcher(CODE.matcher(Files.readString(page)).replaceAll(""))
                .results()
                .map(heading -> heading.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    private static List<Path> pages() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(file -> file.toString().endsWith(".md"))
                    .filter(file -> Stream.of("target", ".git", "node_modules")
                            .noneMatch(name -> ROOT.relativize(file).toString().contains(name + "/")))
                    .sorted()
                    .toList();
        }
    }
}
