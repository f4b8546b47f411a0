// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.tidemark.testkit.RequiredServer;
import org.tidemark.watch.fleet.FleetLine;

/** The pages in a real browser: what is read aloud, what a keyboard reaches, and what is left without a script. */
class BrowserTest {
    private static final String INSTALL = "apt-get install chromium chromium-driver";
    private static final String POLICY =
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private static Path directory;

    private static final Map<String, byte[]> PAGES = new TreeMap<>();

    @SuppressWarnings("NullAway.Init")
    private static HttpServer server;

    @SuppressWarnings("NullAway.Init")
    private static Path chromium;

    @SuppressWarnings("NullAway.Init")
    private static Path driver;

    @BeforeAll
    static void serve() throws IOException {
        chromium = RequiredServer.program("chromium", INSTALL);
        driver = RequiredServer.program("chromedriver", INSTALL);
        List<FleetLine> lines = new ArrayList<>();
        new Scenes(directory).all().forEach((scene, cluster) -> {
            lines.add(cluster.line());
            put("/" + scene, ClusterPage.html(cluster, Scenes.NOW, Surroundings.SERVED));
        });
        lines.sort(FleetLine.WORST_FIRST);
        put("/", FleetPage.html(lines, Scenes.NOW, Surroundings.SERVED));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            byte[] content =
                    PageFiles.at(path).map(PageFiles::content).orElseGet(() -> PAGES.getOrDefault(path, new byte[0]));
            exchange.getResponseHeaders()
                    .add(
                            "Content-Type",
                            PageFiles.at(path).map(PageFiles::contentType).orElse("text/html; charset=utf-8"));
            exchange.getResponseHeaders().add("Content-Security-Policy", POLICY);
            exchange.sendResponseHeaders(200, content.length == 0 ? -1 : content.length);
            exchange.getResponseBody().write(content);
            exchange.close();
        });
        server.start();
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.stop(0);
        }
    }

    private static void put(String path, String html) {
        PAGES.put(path, html.getBytes(StandardCharsets.UTF_8));
    }

    private static ChromeDriver browser(String... options) {
        ChromeOptions chosen = new ChromeOptions();
        chosen.setBinary(chromium.toFile());
        chosen.addArguments("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage");
        chosen.addArguments(options);
        ChromeDriver browser = new ChromeDriver(
                new ChromeDriverService.Builder()
                        .usingDriverExecutable(driver.toFile())
                        .build(),
                chosen);
        browser.manage().timeouts().scriptTimeout(Duration.ofMinutes(1));
        return browser;
    }

    private static void open(ChromeDriver browser, String path) {
        browser.get("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    private static String axe() throws IOException {
        try (InputStream script = Objects.requireNonNull(BrowserTest.class.getResourceAsStream("/axe.min.js"))) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void axeFindsNothingOnAnyPageAndNoMarkupOfANameIsMarkup() throws IOException {
        String axe = axe();
        for (String look : List.of("", "--blink-settings=preferredColorScheme=0")) {
            ChromeDriver browser = look.isEmpty() ? browser() : browser(look, "--window-size=400,900");
            try {
                for (String path : PAGES.keySet()) {
                    open(browser, path);
                    browser.executeScript(axe);
                    Object found = browser.executeAsyncScript("const done = arguments[arguments.length - 1];"
                            + "document.querySelectorAll('details').forEach(each => { each.open = true; });"
                            + "axe.run().then(all => done(all.violations.map(each => each.id + ': '"
                            + " + each.nodes.map(node => node.html).slice(0, 2).join(' | '))));");

                    assertThat(found).as("%s %s", path, look).isEqualTo(List.of());
                    assertThat(browser.findElements(By.cssSelector("script:not([src]), main b")))
                            .isEmpty();
                }
            } finally {
                browser.quit();
            }
        }
    }

    @Test
    void aKeyboardSaysEachMomentAndItsCommand() {
        ChromeDriver browser = browser();
        try {
            open(browser, "/hole");
            WebElement plane = browser.findElement(By.cssSelector("[role=slider]"));
            browser.executeScript("arguments[0].focus()", plane);

            plane.sendKeys(Keys.HOME);
            assertThat(plane.getDomAttribute("aria-valuetext")).contains("No restore to this moment is listed here");
            plane.sendKeys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
            assertThat(plane.getDomAttribute("aria-valuetext")).contains("A restore uses backup 20261120T113100Z");
            assertThat(browser.findElement(By.cssSelector(".said code")).getText())
                    .startsWith("tidemark recover --cluster orders --to DIR --target-time '2026-11-2");
            for (int i = 0; i < 34; i++) {
                plane.sendKeys(Keys.ARROW_RIGHT);
            }
            assertThat(plane.getDomAttribute("aria-valuetext")).contains("00000001000000000000002B is missing");
            assertThat(browser.findElement(By.cssSelector(".said code")).isDisplayed())
                    .isFalse();

            String before = Objects.requireNonNull(
                    browser.findElement(By.cssSelector("svg.timeline .mark")).getDomAttribute("x"));
            plane.sendKeys("+");
            assertThat(browser.findElement(By.cssSelector("svg.timeline .mark")).getDomAttribute("x"))
                    .as("zoomed")
                    .isNotEqualTo(before);
            plane.sendKeys("0");
            assertThat(browser.findElement(By.cssSelector("svg.timeline .mark")).getDomAttribute("x"))
                    .startsWith(before.substring(0, 3));
        } finally {
            browser.quit();
        }
    }

    @Test
    void theTabulatorReachesEachLinkButtonAndPicture() {
        ChromeDriver browser = browser();
        try {
            open(browser, "/hole");
            long all = (Long) Objects.requireNonNull(browser.executeScript(
                    "return document.querySelectorAll('a, button, summary, [tabindex=\"0\"]').length"
                            + " - document.querySelectorAll('details:not([open]) > :not(summary) :is(a, button,"
                            + " [tabindex=\"0\"]), details:not([open]) > [tabindex=\"0\"]').length"));
            long reached = 0;
            WebElement body = browser.findElement(By.tagName("body"));
            for (int i = 0; i < 2 * all; i++) {
                (i == 0 ? body : browser.switchTo().activeElement()).sendKeys(Keys.TAB);
                reached += (Boolean) Objects.requireNonNull(browser.executeScript(
                                "const it = document.activeElement; const isNew = it !== document.body && !it.seen;"
                                        + " it.seen = true; return isNew;"))
                        ? 1
                        : 0;
            }

            assertThat(reached).isEqualTo(all);
        } finally {
            browser.quit();
        }
    }

    @Test
    void withoutAScriptThePictureAndTheSpansAreThere() {
        ChromeDriver browser = browser("--blink-settings=scriptEnabled=false");
        try {
            open(browser, "/timelines");

            assertThat(browser.findElements(By.cssSelector("[role=slider]"))).isEmpty();
            assertThat(browser.findElements(By.cssSelector("svg.timeline .bar")))
                    .hasSizeGreaterThan(3);
            assertThat(browser.findElements(By.cssSelector("tr.span code")).stream()
                            .map(each -> each.getDomProperty("textContent")))
                    .anySatisfy(command -> assertThat(command)
                            .startsWith("tidemark recover --cluster billing --to DIR --timeline 3 --target-time '"));
            assertThat(browser.getPageSource())
                    .contains(Instant.parse("2026-11-30T07:31:00Z").toString());
        } finally {
            browser.quit();
        }
    }
}
