// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.io.PrintWriter;
import java.io.StringWriter;

/** What could show a secret: an error with all its causes, as a log would have it. */
final class SecretsIn {
    private SecretsIn() {}

    static String all(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
