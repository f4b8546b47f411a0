// SPDX-License-Identifier: Apache-2.0
/** WAL fetch: what restore_command runs. Several repositories are asked, and each byte is verified. */
package org.tidemark.archiver.fetch;
