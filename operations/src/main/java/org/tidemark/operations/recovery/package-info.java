// SPDX-License-Identifier: Apache-2.0
/** What recover does around the restore itself: reads targets, writes restore_command, and runs it once. */
package org.tidemark.operations.recovery;
