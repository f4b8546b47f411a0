// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal.push;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.tidemark.archiver.resident.KnownCall;
import org.tidemark.operations.wal.call.WalContext;

/** Tells the resident archiver the call of this process, if it has asked for it. Loaded only then. */
public final class ToldCall {
    /** Where the launcher found that it asks. */
    public static final String FILE = "TIDEMARK_CALL_FILE";

    /** What decides about a call, in the launcher's words; it is not set for a call by hand. */
    public static final String CALL = "TIDEMARK_CALL";

    private ToldCall() {}

    static void tell(Path file, WalContext context) {
        Map<String, String> variables = context.environment().variables();
        String line = variables.get(CALL);
        if (line == null) {
            return;
        }
        try {
            KnownCall.of(line, context.arguments().options(), variables).write(file);
        } catch (IOException e) {
            // The next call tells it.
        }
    }
}
