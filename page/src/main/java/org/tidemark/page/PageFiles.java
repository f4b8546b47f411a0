// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The files that served pages name. They change with the program alone.
 *
 * @param path as a browser asks for it
 * @param content UTF-8
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record PageFiles(String path, String contentType, byte[] content) {
    private static final byte[] PICTURE = read("picture.css");
    private static final PageFiles CSS =
            new PageFiles("/page.css", "text/css; charset=utf-8", both(PICTURE, read("page.css")));
    private static final PageFiles SCRIPT =
            new PageFiles("/page.js", "text/javascript; charset=utf-8", read("page.js"));

    /** Each of them. */
    public static final List<PageFiles> ALL = List.of(CSS, SCRIPT);

    /** The one at a path; empty if there is none. */
    public static Optional<PageFiles> at(String path) {
        return ALL.stream().filter(each -> each.path.equals(path)).findFirst();
    }

    /** The style sheet, as a document has it that consists of one file. */
    public static String style() {
        return new String(CSS.content, StandardCharsets.UTF_8);
    }

    /** The part of it that a picture needs which stands alone. */
    public static String styleOfPictures() {
        return new String(PICTURE, StandardCharsets.UTF_8);
    }

    private static byte[] both(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    private static byte[] read(String name) {
        try (InputStream file = PageFiles.class.getResourceAsStream(name)) {
            if (file == null) {
                throw new IllegalStateException("the program lacks " + name);
            }
            return file.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
