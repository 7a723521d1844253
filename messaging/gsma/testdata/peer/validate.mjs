// Holds payloads against a JSON Schema (2020-12) with ajv, formats included. Question: {schema, payloads}. Answer: for each payload null,
// or what is wrong with it.
import { readFileSync } from 'node:fs'
import Ajv from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

const { schema, payloads } = JSON.parse(readFileSync(0, 'utf8'))
const ajv = new Ajv({ strict: false })
formats(ajv)
const validate = ajv.compile(schema)
process.stdout.write(JSON.stringify(payloads.map((p) => (validate(p) ? null : ajv.errorsText(validate.errors)))))
